import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { deriveSteps } from '#store/call-edges/derive-steps.ts';
import { compactSegments } from '#store/spans/compact-segments.ts';
import { tracesBody } from '#tests/support/otlp/json-export.ts';
import { type BenchStore, startBenchStore } from './bench-store.ts';
import { freshBody, recordHugeTrace } from './corpus.ts';
import { runLoad } from './run-load.ts';

export const HOUR_SECONDS = 3600;
export const DAY_SECONDS = 86_400;
/** Spans that carry a value which no other span has. */
const MARKED = 100;

/** What was loaded, and when: written beside the data that it describes. */
interface FullCorpus {
  readonly spans: number;
  readonly services: number;
  readonly hugeSpans: number;
  readonly loadedAtMs: number;
  readonly orders: readonly string[];
  readonly hugeTraceId: string;
  readonly compaction: {
    readonly seconds: number;
    readonly cpuSeconds: number;
    readonly runs: number;
  };
}

type Wanted = Pick<FullCorpus, 'spans' | 'services' | 'hugeSpans'>;

export interface FullStore extends BenchStore {
  readonly corpus: FullCorpus;
}

/**
 * A store with a day of spans, a fifth of them spread over it and the rest in its last hour, half in traces of 10 and half
 * of 100, one trace of `hugeSpans`; compacted, its roll-ups derived. One that is kept in `dataDir` is used again.
 */
export async function startFullStore(wanted: Wanted, dataDir?: string): Promise<FullStore> {
  const note = dataDir === undefined ? undefined : path.join(dataDir, 'corpus.json');
  if (note !== undefined && fs.existsSync(note)) {
    const corpus = JSON.parse(fs.readFileSync(note, 'utf8')) as FullCorpus;
    if (isWanted(corpus, wanted)) return { ...(await startBenchStore(dataDir)), corpus };
    throw new Error(`${dataDir} holds another corpus: remove it, or ask for ${corpus.spans} spans`);
  }
  const store = await startBenchStore(dataDir);
  const corpus = await fill(store, wanted);
  if (note !== undefined) fs.writeFileSync(note, JSON.stringify(corpus));
  return { ...store, corpus };
}

function isWanted(corpus: FullCorpus, wanted: Wanted): boolean {
  const keys = ['spans', 'services', 'hugeSpans'] as const;
  return keys.every((key) => corpus[key] === wanted[key]);
}

async function fill(store: BenchStore, wanted: Wanted): Promise<FullCorpus> {
  const { services, spans, hugeSpans } = wanted;
  const begun = performance.now();
  const say = (what: string): void =>
    console.log(`${((performance.now() - begun) / 1000).toFixed(0)} s: ${what}`);
  const url = `http://127.0.0.1:${store.httpPort}`;
  const order = (run: number, perTrace: number, part: number, spreadSeconds: number) => ({
    url,
    connections: 8,
    run,
    spans: Math.round(spans * part),
    spreadSeconds,
    corpus: { seed: 2 + run, bodies: 64, spansPerBody: 500, spansPerTrace: perTrace, services },
  });
  await runLoad(order(0, 10, 0.1, DAY_SECONDS));
  await runLoad(order(1, 100, 0.1, DAY_SECONDS));
  const [, , huge] = await Promise.all([
    runLoad(order(2, 10, 0.4, HOUR_SECONDS)),
    runLoad(order(3, 100, 0.4, HOUR_SECONDS)),
    sendHugeTrace(url, hugeSpans, services),
  ]);
  const orders = await sendMarked(url);
  const loadedAtMs = Date.now();
  say('loaded');
  const compaction = await compact(store);
  say('compacted');
  while ((await deriveSteps(store.db, Date.now() + 600_000)) > 0);
  say('roll-ups derived');
  await store.db.pool.query('vacuum analyze');
  await store.db.pool.query('checkpoint');
  return { ...wanted, loadedAtMs, orders, hugeTraceId: huge, compaction };
}

async function compact(store: BenchStore): Promise<FullCorpus['compaction']> {
  const begun = performance.now();
  const own = process.cpuUsage();
  const postgres = store.cpuSeconds().postgres;
  let runs = 0;
  while (await compactSegments(store.db, Date.now() + 600_000)) runs++;
  const used = process.cpuUsage(own);
  return {
    seconds: (performance.now() - begun) / 1000,
    cpuSeconds: (used.user + used.system) / 1e6 + store.cpuSeconds().postgres - postgres,
    runs,
  };
}

async function sendHugeTrace(url: string, spans: number, services: number): Promise<string> {
  const options = { seed: 9, bodies: 1, spansPerBody: 500, spansPerTrace: spans, services };
  const start = BigInt(Date.now() - 30_000) * 1_000_000n;
  const nonce = randomBytes(4).readUInt32LE();
  let id = '';
  for (const body of recordHugeTrace(options, spans)) {
    const bytes = freshBody(body, nonce, start);
    const at = body.traceIdsAt[0] ?? 0;
    id = bytes.toString('hex', at, at + 16);
    await send(url, bytes);
  }
  return id;
}

/** Each with spans of the corpus before and behind it, so that it lies in a segment like any other. */
async function sendMarked(url: string): Promise<readonly string[]> {
  const orders = Array.from(
    { length: MARKED },
    () => `order-${randomBytes(6).toString('base64url')}`,
  );
  for (const [i, id] of orders.entries()) {
    const start = BigInt(Date.now() - i * 30_000) * 1_000_000n;
    const span = {
      traceId: randomBytes(16).toString('hex'),
      spanId: '1'.repeat(16),
      start,
      end: start,
    };
    const attributes = { 'order.id': id };
    await send(url, Buffer.from(tracesBody([{ ...span, service: 'orders', attributes }])));
  }
  return orders;
}

async function send(url: string, body: Buffer): Promise<void> {
  const response = await fetch(`${url}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Uint8Array.from(body),
  });
  if (!response.ok) throw new Error(`a body was refused: ${response.status}`);
}
