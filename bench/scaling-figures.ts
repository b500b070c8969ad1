/**
 * npm run bench:scaling-figures [-- --spans 300000]
 *
 * Measures the figures that docs/scaling.md counts with.
 */
import os from 'node:os';
import { deriveSteps } from '#store/call-edges/derive-steps.ts';
import type { EdgeSum } from '#store/call-edges/sums.ts';
import { writeEdges } from '#store/call-edges/write-roll-ups.ts';
import { compactSegments } from '#store/spans/compact-segments.ts';
import { emptyHistogram } from '#telemetry/latency-histogram.ts';
import { argument, startBenchStore } from './support/bench-store.ts';
import { runLoad } from './support/run-load.ts';

const ROWS = 2000;
const ROUNDS = 20;

const spans = argument('spans', 300_000);
const store = await startBenchStore();
process.on('exit', () => store.ingester.kill());
const order = {
  url: `http://127.0.0.1:${store.httpPort}`,
  corpus: { seed: 1, bodies: 64, spansPerBody: 500, spansPerTrace: 10, services: 10 },
  connections: 8,
  spreadSeconds: 30,
};
await runLoad({ ...order, spans: 50_000, run: 0 });
const [cpu, wal] = [
  store.cpuSeconds(),
  await number('select pg_current_wal_lsn() - $1::pg_lsn', ['0/0']),
];
const { accepted } = await runLoad({ ...order, spans, run: 1 });
const [cpuThen, walThen] = [
  store.cpuSeconds(),
  await number('select pg_current_wal_lsn() - $1::pg_lsn', ['0/0']),
];
console.log(
  `${new Date().toISOString()} · load ${os.loadavg()[0]?.toFixed(1)} · ${accepted} spans`,
);
say('ingester CPU', ((cpuThen.ingester - cpu.ingester) / accepted) * 1e6, 'µs/span');
say('PostgreSQL CPU', ((cpuThen.postgres - cpu.postgres) / accepted) * 1e6, 'µs/span');
say('write-ahead log', (walThen - wal) / accepted, 'B/span');

const before = { own: process.cpuUsage(), postgres: store.cpuSeconds().postgres, at: Date.now() };
while (await compactSegments(store.db, Date.now() + 600_000));
const own = process.cpuUsage(before.own);
const all = accepted + 50_000;
say('compaction, analyzer CPU', (own.user + own.system) / all, 'µs/span');
say(
  'compaction, PostgreSQL CPU',
  ((store.cpuSeconds().postgres - before.postgres) / all) * 1e6,
  'µs/span',
);
say('compaction, one after the other', ((Date.now() - before.at) / all) * 1e3, 'µs/span');
await measureUpserts();
await measurePacking();
await store.stop();

/** What the analyzer does with a settled minute, half of whose seconds are busy, and two connections filled them. */
async function measurePacking(): Promise<void> {
  const client = await store.db.pool.connect();
  await client.query('truncate call_edge_second, service_second, stale_step');
  for (let second = 0; second < 60; second += 2) {
    for (const writer of [1n, 2n]) await writeEdges(client as never, edgesOf(second, writer, 4));
  }
  await client.query('insert into stale_step values (60, 0, 1), (600, 0, 1)');
  client.release();
  const rows = 60 * ROWS;
  const postgres = store.cpuSeconds().postgres;
  const node = process.cpuUsage();
  const begunMs = performance.now();
  while ((await deriveSteps(store.db, Date.now())) > 0);
  const used = process.cpuUsage(node);
  say('roll-up row packed', ((performance.now() - begunMs) * 1000) / rows, 'µs');
  say('roll-up row packed, analyzer CPU', (used.user + used.system) / rows, 'µs');
  say(
    'roll-up row packed, PostgreSQL CPU',
    ((store.cpuSeconds().postgres - postgres) / rows) * 1e6,
    'µs',
  );
  await store.db.pool.query('vacuum full call_edge_step');
  const bytes = `select pg_total_relation_size('call_edge_step')::float8 / sum(cardinality(second_at)) from call_edge_step`;
  say('second of an edge on disk, packed', await number(bytes, []), 'B');
}

function edgesOf(second: number, writer: bigint, calls: number): readonly EdgeSum[] {
  const latency = emptyHistogram();
  for (let i = 40; i < 40 + calls; i++) latency[i] = 3;
  return Array.from({ length: ROWS }, (_, i) => ({
    second,
    writer,
    calls: i,
    errors: 0,
    latency,
    client: `client-${i % 50}`,
    server: `server-${i}`,
    serverKind: 0,
    mode: 1,
  }));
}

/** The rows of an open second are written again with every commit. */
async function measureUpserts(): Promise<void> {
  const edges = edgesOf(1, 1n, 8);
  const client = await store.db.pool.connect();
  const postgres = store.cpuSeconds().postgres;
  const node = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round++) await writeEdges(client as never, edges);
  const used = process.cpuUsage(node);
  client.release();
  const rows = ROWS * ROUNDS;
  say(
    'roll-up row written, PostgreSQL CPU',
    ((store.cpuSeconds().postgres - postgres) / rows) * 1e6,
    'µs',
  );
  say('roll-up row written, ingester CPU', (used.user + used.system) / rows, 'µs');
}

async function number(sql: string, values: readonly unknown[]): Promise<number> {
  const { rows } = await store.db.pool.query({ text: sql, values: [...values], rowMode: 'array' });
  return Number(rows[0]?.[0] ?? 0);
}

function say(name: string, value: number, unit: string): void {
  console.log(`${name.padEnd(40)} ${value.toFixed(1).padStart(8)} ${unit}`);
}
