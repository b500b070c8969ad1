import { once } from 'node:events';
import { Client, credentials, Metadata, type ServiceError, status as Status } from '@grpc/grpc-js';
import { Pool } from 'undici';
import { hashBody } from '#ingest/hash-body.ts';
import { SIGNAL_NAMES } from '#ingest/otlp-signal.ts';
import { decodeStatus } from '#tests/support/otlp/otlp-messages.ts';
import { type CorpusOptions, freshBody, type RecordedBody, recordBody } from './corpus.ts';

/** A load that comes at its own pace (open loop), whether or not it is answered. */
export interface OfferOrder {
  readonly httpUrl: string;
  readonly grpcPort: number;
  /** Of all requests, 0 to 1; the rest goes over HTTP. */
  readonly grpcPart: number;
  readonly corpus: CorpusOptions;
  readonly spansPerSecond: number;
  readonly seconds: number;
  /** Requests under way at once, over each transport. */
  readonly most: number;
  /** What is due when all those are under way: waits for a place, or is never sent. */
  readonly whenFull: 'wait' | 'skip';
  readonly sliceSeconds: number;
  /** No two orders for one store have the same. */
  readonly run: number;
}

interface Slice {
  readonly acknowledged: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

export interface OfferReport {
  readonly seconds: number;
  /** Requests. */
  readonly sent: number;
  readonly skipped: number;
  /** Base64 of the hash of each body that was acknowledged. */
  readonly acknowledged: readonly string[];
  /** Trace ids (hex) out of some acknowledged bodies. */
  readonly traceIds: readonly string[];
  /** Requests refused as OTLP has it, by what they were told. */
  readonly refused: Readonly<Record<string, number>>;
  /** Requests that ended in any other way. */
  readonly unexpected: Readonly<Record<string, number>>;
  /** From when a request was due to its acknowledgement, by the slice of time in which it was due. */
  readonly slices: readonly Slice[];
}

const TICK_MS = 2;
const CALLS_A_CONNECTION = 100;
const SAMPLE_EVERY = 97;
const NONCES_A_RUN = 2 ** 24;

type Answer = { readonly kind: 'ok' | 'refused' | 'unexpected'; readonly what: string };
type Way = 'http' | 'grpc';
type Send = (body: Buffer) => Promise<Answer>;

class Offer {
  readonly #order: OfferOrder;
  readonly #bodies: readonly RecordedBody[];
  readonly #acknowledged: string[] = [];
  readonly #traceIds: string[] = [];
  readonly #refused: Record<string, number> = {};
  readonly #unexpected: Record<string, number> = {};
  readonly #sliceMs: number[][] = [];
  readonly #underWay = { http: 0, grpc: 0 };
  #sent = 0;
  #skipped = 0;

  constructor(order: OfferOrder) {
    this.#order = order;
    this.#bodies = Array.from({ length: order.corpus.bodies }, (_, i) =>
      recordBody(order.corpus, i),
    );
  }

  async run(): Promise<OfferReport> {
    const { httpUrl, grpcPort, most, seconds } = this.#order;
    const pool = new Pool(httpUrl, { connections: most, pipelining: 1 });
    const grpc = openGrpc(grpcPort, most);
    const begun = performance.now();
    await this.#offer(begun, { http: overHttp(pool), grpc: grpc.send });
    while (this.#underWay.http + this.#underWay.grpc > 0) await tick(TICK_MS);
    const tookMs = performance.now() - begun;
    await pool.close();
    grpc.close();
    return {
      seconds: Math.max(seconds, tookMs / 1000),
      sent: this.#sent,
      skipped: this.#skipped,
      acknowledged: this.#acknowledged,
      traceIds: this.#traceIds,
      refused: this.#refused,
      unexpected: this.#unexpected,
      slices: Array.from(this.#sliceMs, (ms = []) => toSlice(ms)),
    };
  }

  async #offer(begun: number, send: Readonly<Record<Way, Send>>): Promise<void> {
    const { corpus, spansPerSecond, seconds } = this.#order;
    const perMs = spansPerSecond / corpus.spansPerBody / 1000;
    const total = Math.floor(perMs * seconds * 1000);
    for (let n = 0; n < total; await tick(TICK_MS)) {
      const due = Math.min(total, Math.floor((performance.now() - begun) * perMs));
      while (n < due && this.#offerOne(n, send, begun, begun + n / perMs)) n++;
    }
  }

  /** False when it must wait for a place. */
  #offerOne(n: number, send: Readonly<Record<Way, Send>>, begun: number, dueMs: number): boolean {
    const { grpcPart, most, whenFull } = this.#order;
    const way = Math.floor((n + 1) * grpcPart) > Math.floor(n * grpcPart) ? 'grpc' : 'http';
    if (this.#underWay[way] < most) {
      this.#send(way, send[way], n, dueMs, begun);
      return true;
    }
    if (whenFull === 'wait') return false;
    this.#skipped++;
    return true;
  }

  #send(way: Way, send: Send, n: number, dueMs: number, begun: number): void {
    const recorded = this.#bodies[n % this.#bodies.length];
    if (recorded === undefined) return;
    const now = BigInt(Date.now()) * 1_000_000n;
    const body = freshBody(recorded, this.#order.run * NONCES_A_RUN + n, now);
    this.#sent++;
    this.#underWay[way]++;
    const slice = Math.floor((dueMs - begun) / 1000 / this.#order.sliceSeconds);
    void send(body)
      .then((answer) => this.#note(answer, body, recorded, slice, performance.now() - dueMs))
      .finally(() => this.#underWay[way]--);
  }

  #note(answer: Answer, body: Buffer, recorded: RecordedBody, slice: number, ms: number): void {
    if (answer.kind !== 'ok') {
      const counts = answer.kind === 'refused' ? this.#refused : this.#unexpected;
      counts[answer.what] = (counts[answer.what] ?? 0) + 1;
      return;
    }
    if (this.#acknowledged.length % SAMPLE_EVERY === 0) {
      const at = recorded.traceIdsAt[0] ?? 0;
      this.#traceIds.push(body.toString('hex', at, at + 16));
    }
    this.#acknowledged.push(Buffer.from(hashBody('traces', body)).toString('base64'));
    const all = this.#sliceMs[slice] ?? [];
    this.#sliceMs[slice] = all;
    all.push(ms);
  }
}

function overHttp(pool: Pool): Send {
  return async (body) => {
    try {
      const {
        statusCode,
        headers,
        body: answer,
      } = await pool.request({
        method: 'POST',
        path: '/v1/traces',
        headers: { 'content-type': 'application/x-protobuf' },
        body,
      });
      await answer.dump();
      if (statusCode === 200) return { kind: 'ok', what: '200' };
      const isTold = (statusCode === 429 || statusCode === 503) && 'retry-after' in headers;
      const what = `HTTP ${statusCode}${isTold ? ', Retry-After' : ''}`;
      return { kind: isTold ? 'refused' : 'unexpected', what };
    } catch (error) {
      return { kind: 'unexpected', what: `HTTP: ${String(error)}` };
    }
  };
}

function openGrpc(port: number, most: number): { readonly send: Send; readonly close: () => void } {
  const clients = Array.from(
    { length: Math.ceil(most / CALLS_A_CONNECTION) },
    () =>
      new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
        'grpc.enable_retries': 0,
      }),
  );
  let next = 0;
  return {
    send: (body) => sendGrpc(clients[next++ % clients.length] as Client, body),
    close: () => {
      for (const client of clients) client.close();
    },
  };
}

function sendGrpc(client: Client, body: Buffer): Promise<Answer> {
  const asIs = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      SIGNAL_NAMES.traces.method,
      asIs,
      asIs,
      body,
      new Metadata(),
      (error: ServiceError | null) =>
        resolve(error === null ? { kind: 'ok', what: '0' } : toAnswer(error)),
    );
  });
}

function toAnswer(error: ServiceError): Answer {
  const [details] = error.metadata?.get('grpc-status-details-bin') ?? [];
  const hasRetryInfo =
    Buffer.isBuffer(details) &&
    (decodeStatus(details).details ?? []).some((detail) =>
      (detail.type_url ?? detail.typeUrl ?? '').endsWith('RetryInfo'),
    );
  const isPassing = error.code === Status.RESOURCE_EXHAUSTED || error.code === Status.UNAVAILABLE;
  const what = `gRPC ${Status[error.code]}${hasRetryInfo ? ', RetryInfo' : `: ${error.details}`}`;
  return { kind: isPassing && hasRetryInfo ? 'refused' : 'unexpected', what };
}

function toSlice(ms: readonly number[]): Slice {
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (q: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
  return { acknowledged: ms.length, p50Ms: at(0.5), p99Ms: at(0.99), worstMs: at(1) };
}

function tick(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const [order] = (await once(process, 'message')) as [OfferOrder];
process.send?.(await new Offer(order).run());
