import type { Any, Duration, WrappedResource } from '#lab/xds/discovery.ts';
import { unpackResource } from '#lab/xds/protos.ts';
import { type Resource, resourceName } from '#lab/xds/resources.ts';
import type { XdsType } from '#telemetry/xds-type.ts';

/** What a client says of itself to be given times to live (xds_protocol.rst, "Resource TTL"). */
export const TTL_FEATURES = [
  'xds.config.supports-resource-ttl',
  'xds.config.supports-resource-in-sotw',
] as const;

const WRAPPER = 'type.googleapis.com/envoy.service.discovery.v3.Resource';

export interface ReceivedResource {
  readonly name: string;
  /** Absent in a heartbeat: the resource stands as it was. */
  readonly resource?: Resource;
  readonly ttlMs: number | undefined;
}

/**
 * One resource of a response, out of the wrapper in which a time to live comes. undefined for bytes that are not of their
 * type: the parser refuses them and the NACK says so.
 */
export function unpackReceived(any: Any): ReceivedResource | undefined {
  try {
    if (any.type_url !== WRAPPER) return unpackPlain(any, undefined);
    const { name = '', resource, ttl } = unpackResource(any) as WrappedResource;
    const ttlMs = ttl ? toMs(ttl) : undefined;
    return resource ? unpackPlain(resource, ttlMs) : { name, ttlMs };
  } catch {
    return undefined;
  }
}

function unpackPlain(any: Any, ttlMs: number | undefined): ReceivedResource {
  const resource = unpackResource(any);
  return { name: resourceName(resource), resource, ttlMs };
}

/** When each resource that has a time to live is to be forgotten, unless it is heard of again. */
export class ResourceTtls {
  readonly #expiresMs = new Map<XdsType, Map<string, number>>();

  /** A resource that comes without a time to live has none any more. */
  heardOf(type: XdsType, name: string, ttlMs: number | undefined, nowMs: number): void {
    const ofType = this.#expiresMs.get(type) ?? new Map<string, number>();
    this.#expiresMs.set(type, ofType);
    if (ttlMs === undefined) ofType.delete(name);
    else ofType.set(name, nowMs + ttlMs);
  }

  /** The names whose time is over; each is told once. */
  takeExpired(type: XdsType, nowMs: number): readonly string[] {
    const ofType = this.#expiresMs.get(type);
    if (!ofType) return [];
    const expired = [...ofType].filter(([, atMs]) => atMs <= nowMs).map(([name]) => name);
    for (const name of expired) ofType.delete(name);
    return expired;
  }
}

function toMs({ seconds = 0, nanos = 0 }: Duration): number {
  return Number(seconds) * 1000 + nanos / 1e6;
}
