/**
 * npm run bench:layouts [-- --spans 1000000 --calls 300]
 *
 * Segments against a compact row a span, on the same corpus, decoded by the same code, 5,000 spans a commit, without
 * roll-ups on either side: CPU, disk, and three questions. The answers are compared: a fast wrong one fails.
 */
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import pg from 'pg';
import { dayOf, ensureDay } from '#store/partitions.ts';
import { SegmentBuilder } from '#store/spans/build-segment.ts';
import { compactSegments } from '#store/spans/compact-segments.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { searchTraces } from '#store/spans/search-traces.ts';
import { writeSegments } from '#store/spans/write-segments.ts';
import { decodeSpanBatch } from '#telemetry/otlp/decode-span-batch.ts';
import { traceId } from '#telemetry/span.ts';
import type { SpanBatch } from '#telemetry/span-batch.ts';
import { fromUnixMs, unixNano } from '#telemetry/time.ts';
import { tracesBody } from '#tests/support/otlp/json-export.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { startTestStore } from '#tests/support/test-store.ts';
import { LOAD_CORPUS } from './support/acknowledged.ts';
import { argument, cpuOfTree } from './support/bench-store.ts';
import { freshBody, type RecordedBody, recordBody } from './support/corpus.ts';
import { DAY_SECONDS, HOUR_SECONDS } from './support/full-store.ts';
import { RowLayout } from './support/row-layout.ts';
import { quantile } from './support/run-load.ts';

const COMMIT_BODIES = 10;
const RARE_EVERY_BODIES = 100;
const LIMIT = 20;
const spans = argument('spans', 1_000_000);
const calls = argument('calls', 300);
const bodies = Math.ceil(spans / LOAD_CORPUS.spansPerBody);
const nowMs = Date.now();
const recorded = Array.from({ length: LOAD_CORPUS.bodies }, (_, i) => recordBody(LOAD_CORPUS, i));

interface Rare {
  readonly value: string;
  readonly traceId: string;
  readonly hash: number;
  readonly batch: SpanBatch;
}

interface Layout {
  readonly name: string;
  readonly write: (batches: readonly SpanBatch[]) => Promise<void>;
  /** What is done once spans are no longer new. */
  readonly settle: () => Promise<void>;
  readonly byId: (id: string) => Promise<number>;
  readonly search: (service: string, minDurationNs: number) => Promise<readonly string[]>;
  readonly rare: (rare: Rare) => Promise<readonly string[]>;
}

/** By the number of the body that they are sent with. */
const rares = new Map(
  Array.from({ length: Math.ceil(bodies / RARE_EVERY_BODIES) }, (_, i) => {
    const n = i * RARE_EVERY_BODIES;
    return [n, rareOf(n)];
  }),
);
const ids = Array.from({ length: Math.ceil(bodies / 7) }, (_, i) => firstTraceIdOf(i * 7));
const table: Readonly<Record<string, string>>[] = [];
const answers: unknown[] = [];
const begunAt = new Date().toISOString();

await measure(segments);
await measure(rows(false));
await measure(rows(true));
console.log(
  `${begunAt} · ${os.cpus().length} cores · load ${os.loadavg()[0]?.toFixed(1)} · ${(bodies * LOAD_CORPUS.spansPerBody).toLocaleString('en')} spans of a day, ${LOAD_CORPUS.services} services, traces of ${LOAD_CORPUS.spansPerTrace}; ${calls} calls of each question`,
);
for (const name of Object.keys(table[0] ?? {})) {
  console.log(`| ${[name, ...table.map((row) => row[name] ?? '')].join(' | ')} |`);
}
const [first, ...others] = answers.map((answer) => JSON.stringify(answer));
if (others.some((other) => other !== first)) throw new Error('the layouts answer differently');

type Store = Awaited<ReturnType<typeof startTestStore>>;
type Open = (store: Store, client: pg.Client) => Promise<Layout>;

async function measure(open: Open): Promise<void> {
  const store = await startTestStore();
  const client = new pg.Client({ connectionString: store.url });
  await client.connect();
  const layout = await open(store, client);
  const postgres = (): number => cpuOfTree(store.postgres.pid);
  const size = async (): Promise<number> => {
    await client.query('checkpoint');
    const { rows } = await client.query<{ bytes: string }>(
      `select sum(pg_total_relation_size(oid)) as bytes from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    return Number(rows[0]?.bytes) / (bodies * LOAD_CORPUS.spansPerBody);
  };
  const ingest = await cost(postgres, () => load(layout));
  const fresh = await size();
  const settling = await cost(postgres, layout.settle);
  const settled = await size();
  const roll = seededRandom(8);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(roll() * values.length)] as T;
  const found: unknown[] = [];
  const byId = await ask(calls, async () => found.push(await layout.byId(pick(ids))));
  const search = await ask(calls, async () => {
    const service = `service-${Math.floor(roll() * LOAD_CORPUS.services)}`;
    found.push([...(await layout.search(service, 20e6))].sort());
  });
  const rare = await ask(Math.ceil(calls / 10), async () => {
    const one = pick([...rares.values()]);
    const traces = await layout.rare(one);
    if (traces.length !== 1 || traces[0] !== one.traceId) throw new Error('not found');
  });
  answers.push(found);
  table.push({
    layout: layout.name,
    'ingest, spans/s on one connection': Math.round(1e6 / ingest.wallUs).toLocaleString('en'),
    'ingest, CPU µs/span: Node + PostgreSQL': `${ingest.nodeUs.toFixed(1)} + ${ingest.postgresUs.toFixed(1)}`,
    'settling (compaction, or vacuum), CPU µs/span': `${settling.nodeUs.toFixed(1)} + ${settling.postgresUs.toFixed(1)}`,
    'B/span, new → settled': `${fresh.toFixed(0)} → ${settled.toFixed(0)}`,
    'trace by id, p50 / p99 ms': byId,
    'service and duration over 1 h, p50 / p99 ms': search,
    'rare attribute over 24 h, p50 / p99 ms': rare,
  });
  await client.end();
  await store.stop();
}

/** The same spans to each layout. */
async function load(layout: Layout): Promise<void> {
  for (let from = 0; from < bodies; from += COMMIT_BODIES) {
    const length = Math.min(COMMIT_BODIES, bodies - from);
    const sent = Array.from({ length }, (_, i) => decodeSpanBatch(bodyOf(from + i)).batch);
    const marks = Array.from({ length }, (_, i) => rares.get(from + i)?.batch);
    await layout.write([...sent, ...marks.filter((batch) => batch !== undefined)]);
  }
}

function bodyOf(n: number): Buffer {
  return freshBody(recordedOf(n), n, startOf(n));
}

function recordedOf(n: number): RecordedBody {
  const body = recorded[n % recorded.length];
  if (body === undefined) throw new Error('no corpus');
  return body;
}

function startOf(n: number): bigint {
  const backMs = Math.floor(((bodies - n) / bodies) * DAY_SECONDS * 1000);
  return BigInt(nowMs - backMs) * 1_000_000n;
}

/** The first trace id of the body with number `n`. */
function firstTraceIdOf(n: number): string {
  const at = recordedOf(n).traceIdsAt[0] ?? 0;
  return bodyOf(n).toString('hex', at, at + 16);
}

/** One span with a value that no other has, sent with the body of number `n`. */
function rareOf(n: number): Rare {
  const value = `order-${n}-of-${nowMs}`;
  const id = randomBytes(16).toString('hex');
  const start = startOf(n);
  const span = { traceId: id, spanId: '1'.repeat(16), start, end: start + 1_000_000n };
  const body = tracesBody([{ ...span, service: 'orders', attributes: { 'order.id': value } }]);
  const { batch } = decodeSpanBatch(Buffer.from(body));
  return { value, traceId: id, hash: batch.attributeHashes[0] ?? 0, batch };
}

async function segments(store: Store, client: pg.Client): Promise<Layout> {
  const day = dayOf(nowMs);
  await ensureDay(client, day);
  const lastSeconds = (seconds: number) => ({
    startUnixNano: fromUnixMs(nowMs - seconds * 1000),
    endUnixNano: fromUnixMs(nowMs),
  });
  const found = async (query: object, seconds: number): Promise<readonly string[]> => {
    const window = lastSeconds(seconds);
    const { traces } = await searchTraces(store.db, { window, limit: LIMIT, ...query });
    return traces.map((trace) => trace.traceId);
  };
  return {
    name: 'segments',
    write: async (batches) => {
      const builder = new SegmentBuilder(batches.reduce((sum, { count }) => sum + count, 0));
      for (const batch of batches) for (let i = 0; i < batch.count; i++) builder.add(batch, i);
      const segment = await builder.finish({ compression: 'fast', level: 0 });
      await client.query('begin');
      await writeSegments(client, day, [segment]);
      await client.query('commit');
    },
    settle: async () => {
      while (await compactSegments(store.db, Date.now() + 600_000));
      await client.query('vacuum full span_segment');
      await client.query('vacuum full trace_segment');
      await client.query('vacuum analyze');
    },
    byId: async (id) => (await readTrace(store.db, traceId(id))).length,
    search: (service, minDurationNs) => found({ service, minDurationNs }, HOUR_SECONDS),
    rare: ({ value }) => found({ attributes: [['order.id', value]] }, DAY_SECONDS + HOUR_SECONDS),
  };
}

function rows(hasTags: boolean): Open {
  return async (_, client) => {
    const layout = new RowLayout(client, hasTags);
    const compression = await layout.create();
    const from = unixNano(BigInt(nowMs - HOUR_SECONDS * 1000) * 1_000_000n);
    return {
      name: hasTags ? `rows (${compression}) + GIN` : `rows (${compression})`,
      write: (batches) => layout.write(batches),
      settle: async () => {
        await client.query('vacuum analyze');
      },
      byId: (id) => layout.byId(id),
      search: (service, minDurationNs) =>
        layout.search(service, minDurationNs, from, fromUnixMs(nowMs), LIMIT),
      rare: ({ value, hash }) => layout.rare(Buffer.from(value), hash),
    };
  };
}

async function cost(postgres: () => number, work: () => Promise<void>) {
  const before = { node: process.cpuUsage(), postgres: postgres(), at: performance.now() };
  await work();
  const node = process.cpuUsage(before.node);
  const all = bodies * LOAD_CORPUS.spansPerBody;
  return {
    wallUs: ((performance.now() - before.at) * 1000) / all,
    nodeUs: (node.user + node.system) / all,
    postgresUs: ((postgres() - before.postgres) * 1e6) / all,
  };
}

/** The first tenth warms up. */
async function ask(count: number, call: () => Promise<unknown>): Promise<string> {
  const ms: number[] = [];
  for (let i = 0; i < count * 1.1; i++) {
    const begun = performance.now();
    await call();
    ms.push(performance.now() - begun);
  }
  const counted = ms.slice(-count);
  return `${quantile(counted, 0.5).toFixed(1)} / ${quantile(counted, 0.99).toFixed(1)}`;
}
