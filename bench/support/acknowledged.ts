import { readTrace } from '#store/spans/read-trace.ts';
import { traceId } from '#telemetry/span.ts';
import type { BenchStore } from './bench-store.ts';
import type { OfferReport } from './offer-process.ts';
import { runLoad } from './run-load.ts';

const HASHES_AT_ONCE = 5000;
export const LOAD_CORPUS = {
  seed: 1,
  bodies: 64,
  spansPerBody: 500,
  spansPerTrace: 10,
  services: 10,
} as const;

/** What is not packed yet, and what is. */
export const REQUESTS_ROLLED_UP = `
  select sum(requests) from (
    select requests from service_second union all select requests from service_step where step = 60
  ) as counted`;

export interface Acknowledged {
  readonly spans: number;
  /** Of the acknowledged bodies, those that the store does not know. */
  readonly missingBodies: number;
  readonly spansInStore: number;
  /** Requests in the roll-ups; every second span of the corpus is one. */
  readonly requestsRolledUp: number;
  readonly tracesRead: number;
}

/** What the store has of what a load was told it has. Throws when a trace that was acknowledged is not whole. */
export async function checkAcknowledged(
  store: BenchStore,
  report: OfferReport,
): Promise<Acknowledged> {
  const bodies = report.acknowledged;
  let known = 0;
  for (let i = 0; i < bodies.length; i += HASHES_AT_ONCE) {
    const hashes = bodies.slice(i, i + HASHES_AT_ONCE).map((text) => Buffer.from(text, 'base64'));
    known += await numberOf(store, 'select count(*) from ingested_body where hash = any($1)', [
      hashes,
    ]);
  }
  for (const id of report.traceIds) {
    const spans = await readTrace(store.db, traceId(id));
    if (spans.length !== LOAD_CORPUS.spansPerTrace) {
      throw new Error(`trace ${id} has ${spans.length} spans of ${LOAD_CORPUS.spansPerTrace}`);
    }
  }
  return {
    spans: bodies.length * LOAD_CORPUS.spansPerBody,
    missingBodies: bodies.length - known,
    spansInStore: await numberOf(store, 'select sum(span_count) from span_segment'),
    requestsRolledUp: await numberOf(store, REQUESTS_ROLLED_UP),
    tracesRead: report.traceIds.length,
  };
}

async function numberOf(
  store: BenchStore,
  sql: string,
  values: readonly unknown[] = [],
): Promise<number> {
  const { rows } = await store.db.pool.query<Record<string, string>>(sql, [...values]);
  return Number(Object.values(rows[0] ?? {})[0] ?? 0);
}

/** Spans/s acknowledged when eight connections send the next body with each answer; warm afterwards. */
export async function measureBestRate(store: BenchStore, spans: number): Promise<BestRate> {
  const order = {
    url: `http://127.0.0.1:${store.httpPort}`,
    corpus: LOAD_CORPUS,
    connections: 8,
    spreadSeconds: 10,
  };
  const warm = await runLoad({ ...order, spans: Math.ceil(spans / 4), run: 0 });
  const best = await runLoad({ ...order, spans, run: 1 });
  return {
    spansPerSecond: best.accepted / best.seconds,
    accepted: warm.accepted + best.accepted,
  };
}

interface BestRate {
  readonly spansPerSecond: number;
  /** Spans that the measurement left in the store. */
  readonly accepted: number;
}
