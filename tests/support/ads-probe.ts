import type { ClientDuplexStream } from '@grpc/grpc-js';
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
  Node,
} from '#lab/xds/discovery.ts';
import { unpackResource } from '#lab/xds/protos.ts';
import { type Resource, resourceName } from '#lab/xds/resources.ts';
import { type AdsClient, connectAds } from '#lab/xds/services.ts';
import { TYPE_URL } from '#lab/xds/type-urls.ts';
import type { XdsType } from '#telemetry/xds-type.ts';

/** Longer than any answer takes here, shorter than patience. */
const ANSWER_LIMIT_MS = 3000;
/** An answer that comes at all comes within a few milliseconds. */
const QUIET_MS = 150;

const NODE: Node = { id: 'probe-1', cluster: 'probe', user_agent_name: 'ads-probe' };

interface Nonced {
  readonly nonce?: string;
  readonly type_url?: string;
}

/** A raw ADS client over a real socket: it sends exactly what a test says, and answers nothing by itself. */
class Probe<
  Request extends { readonly node?: Node; readonly type_url?: string },
  Response extends Nonced,
> {
  readonly #client: AdsClient;
  readonly #stream: ClientDuplexStream<Request, Response>;
  readonly #responses: Response[] = [];
  readonly #node: Node;
  #wake: (() => void) | undefined;
  #first = true;
  /** gRPC status code with which the stream ended. */
  readonly ended: Promise<number>;

  constructor(client: AdsClient, stream: ClientDuplexStream<Request, Response>, node: Node) {
    this.#client = client;
    this.#stream = stream;
    this.#node = node;
    stream.on('data', (response: Response) => {
      this.#responses.push(response);
      this.#wake?.();
    });
    stream.on('error', () => undefined);
    this.ended = new Promise((resolve) => stream.on('status', ({ code }) => resolve(code)));
  }

  /** The first request carries the node, the others do not. */
  request(type: XdsType | '', rest: Omit<Request, 'type_url'>): void {
    const node = this.#first ? { node: this.#node } : {};
    this.#first = false;
    this.write({
      ...node,
      type_url: type === '' ? '' : TYPE_URL[type],
      ...rest,
    } as unknown as Request);
  }

  write(request: Request): void {
    this.#stream.write(request);
  }

  /** The next response, which must be of this type. */
  async next(type: XdsType): Promise<Response> {
    const response = await this.nextOfAny();
    if (response.type_url !== TYPE_URL[type])
      throw new Error(`expected ${type}, got ${response.type_url}`);
    return response;
  }

  async nextOfAny(): Promise<Response> {
    if (this.#responses.length === 0) await this.#arrival(ANSWER_LIMIT_MS);
    const response = this.#responses.shift();
    if (response === undefined) throw new Error('no response came');
    return response;
  }

  /** Throws when anything is waiting or arrives within a moment. */
  async expectQuiet(): Promise<void> {
    if (this.#responses.length === 0) await this.#arrival(QUIET_MS);
    const [response] = this.#responses;
    if (response !== undefined)
      throw new Error(`expected silence, got ${JSON.stringify(response).slice(0, 300)}`);
  }

  /** Stops reading, as a client does that hangs. */
  pause(): void {
    this.#stream.pause();
  }

  endSending(): void {
    this.#stream.end();
  }

  close(): void {
    this.#stream.cancel();
    this.#client.close();
  }

  #arrival(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

export class SotwProbe extends Probe<DiscoveryRequest, DiscoveryResponse> {
  static connect(address: string, node: Node = NODE): SotwProbe {
    const client = connectAds(address);
    return new SotwProbe(client, client.StreamAggregatedResources(), node);
  }

  /** First request of a type, or one without a nonce. */
  subscribe(type: XdsType, names: readonly string[] = []): void {
    this.request(type, { resource_names: names });
  }

  ack(type: XdsType, response: DiscoveryResponse, names: readonly string[] = []): void {
    this.request(type, {
      version_info: response.version_info ?? '',
      response_nonce: response.nonce ?? '',
      resource_names: names,
    });
  }

  nack(
    type: XdsType,
    response: DiscoveryResponse,
    names: readonly string[] = [],
    version = '',
  ): void {
    this.request(type, {
      version_info: version,
      response_nonce: response.nonce ?? '',
      resource_names: names,
      error_detail: { code: 3, message: 'cannot use this' },
    });
  }

  /** Subscribes, takes the answer and acknowledges it. */
  async obtain(type: XdsType, names: readonly string[] = []): Promise<DiscoveryResponse> {
    this.subscribe(type, names);
    const response = await this.next(type);
    this.ack(type, response, names);
    return response;
  }
}

export class DeltaProbe extends Probe<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
  static connect(address: string, node: Node = NODE): DeltaProbe {
    const client = connectAds(address);
    return new DeltaProbe(client, client.DeltaAggregatedResources(), node);
  }

  subscribe(
    type: XdsType,
    names: readonly string[] = [],
    initial: Readonly<Record<string, string>> = {},
  ): void {
    this.request(type, { resource_names_subscribe: names, initial_resource_versions: initial });
  }

  unsubscribe(type: XdsType, names: readonly string[]): void {
    this.request(type, { resource_names_unsubscribe: names });
  }

  ack(type: XdsType, response: DeltaDiscoveryResponse): void {
    this.request(type, { response_nonce: response.nonce ?? '' });
  }

  nack(type: XdsType, response: DeltaDiscoveryResponse): void {
    this.request(type, {
      response_nonce: response.nonce ?? '',
      error_detail: { code: 3, message: 'cannot use this' },
    });
  }

  async obtain(type: XdsType, names: readonly string[] = []): Promise<DeltaDiscoveryResponse> {
    this.subscribe(type, names);
    return this.take(type);
  }

  /** The next response, acknowledged. */
  async take(type: XdsType): Promise<DeltaDiscoveryResponse> {
    const response = await this.next(type);
    this.ack(type, response);
    return response;
  }
}

export function resourcesOf(response: DiscoveryResponse): readonly Resource[] {
  return (response.resources ?? []).map(unpackResource);
}

/** Sorted names of what a response carries. */
export function namesOf(response: DiscoveryResponse): readonly string[] {
  return resourcesOf(response).map(resourceName).sort();
}

export function deltaNames(response: DeltaDiscoveryResponse): readonly string[] {
  return (response.resources ?? []).map(({ name }) => name ?? '').sort();
}

export function removedOf(response: DeltaDiscoveryResponse): readonly string[] {
  return [...(response.removed_resources ?? [])].sort();
}

/** Versions by name, as a client that reconnects reports them. */
export function versionsOf(response: DeltaDiscoveryResponse): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (response.resources ?? []).map(({ name, version }) => [name ?? '', version ?? '']),
  );
}
