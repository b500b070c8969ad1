/**
 * npm run bench:ingest [-- --spans 1000000 --services 10 --per-trace 10 --connections 16 --transport http]
 *
 * Spans over real HTTP or gRPC into a real ingester and PostgreSQL, counted again by a query.
 */
import os from 'node:os';
import { deriveSteps } from '#store/call-edges/derive-steps.ts';
import { compactSegments } from '#store/spans/compact-segments.ts';
import { REQUESTS_ROLLED_UP } from './support/acknowledged.ts';
import { argument, printFigures, startBenchStore, textArgument } from './support/bench-store.ts';
import { openBodySender, type Transport } from './support/body-sender.ts';
import { freshBody, recordBody } from './support/corpus.ts';
import { quantile, runLoad } from './support/run-load.ts';

const spans = argument('spans', 1_000_000);
const corpus = {
  seed: 1,
  bodies: 64,
  spansPerBody: argument('per-body', 500),
  spansPerTrace: argument('per-trace', 10),
  services: argument('services', 10),
};

const transport: Transport = textArgument('transport') === 'grpc' ? 'grpc' : 'http';
// Made before: the time to it counts.
const firstBody = recordBody({ ...corpus, spansPerBody: 1 }, 0);
const store = await startBenchStore();
process.on('exit', () => store.ingester.kill());
const order = {
  url: `http://127.0.0.1:${transport === 'grpc' ? store.grpcPort : store.httpPort}`,
  transport,
  corpus,
  connections: argument('connections', 16),
};
const firstMs = await sendFirstSpan();
await runLoad({ ...order, spans: 100_000, spreadSeconds: 10, run: 0 });
const before = store.cpuSeconds();
const report = await runLoad({ ...order, spans, spreadSeconds: 60, run: 1 });
const after = store.cpuSeconds();
const millions = report.accepted / 1e6;
const ingesterCpu = (after.ingester - before.ingester) / millions;
const postgresCpu = (after.postgres - before.postgres) / millions;

const counted = await count('select sum(span_count) from span_segment');
const rolledUp = await count(REQUESTS_ROLLED_UP);
const expected = report.accepted + 100_000 + 1;
console.log(
  `${new Date().toISOString()} · ${os.cpus().length} cores · load ${os.loadavg()[0]?.toFixed(1)} · ${corpus.services} services, ${corpus.spansPerTrace} spans a trace, ${order.connections} ${transport} connections`,
);
console.log(
  `accepted ${expected}, in segments ${counted}, server spans in roll-ups ${rolledUp}, refused ${report.refused}`,
);
if (counted !== expected) throw new Error('spans were lost or doubled');

const fresh = await bytesPerSpan(counted);
// What the analyzer does with what has settled; and every row is counted once more afterwards.
while (await compactSegments(store.db, Date.now() + 600_000));
const packing = { own: process.cpuUsage(), postgres: store.cpuSeconds().postgres };
while ((await deriveSteps(store.db, Date.now() + 3_600_000)) > 0);
const packedBy = process.cpuUsage(packing.own);
const packCpu = (packedBy.user + packedBy.system) / 1e6 / (counted / 1e6);
const packPostgresCpu = (store.cpuSeconds().postgres - packing.postgres) / (counted / 1e6);
if ((await count(REQUESTS_ROLLED_UP)) !== rolledUp) throw new Error('packing changed the roll-ups');
await store.db.pool.query('vacuum full');
const compacted = await bytesPerSpan(counted);
console.log(
  `disk ${fresh.toFixed(1)} B/span as flushed; payload ${((await count('select sum(length(payload)) from span_segment')) / counted).toFixed(1)}, columns ${((await count('select sum(length(columns)) from span_segment')) / counted).toFixed(1)}, filter ${((await count('select sum(length(filter)) from span_segment')) / counted).toFixed(1)} after compaction`,
);
console.log(`by table: ${await largestTables(counted)}; all ${compacted.toFixed(1)}`);
printFigures([
  {
    name: 'spans/s acknowledged after commit',
    value: report.accepted / report.seconds,
    unit: '/s',
    gate: 80_000,
    target: 200_000,
    isHigherBetter: true,
  },
  {
    name: 'CPU-s per million spans (ingester + PostgreSQL)',
    value: ingesterCpu + postgresCpu,
    unit: 's',
    gate: 10,
    target: 5,
  },
  { name: '  of which the ingester', value: ingesterCpu, unit: 's' },
  { name: '  of which PostgreSQL', value: postgresCpu, unit: 's' },
  { name: 'packing roll-ups later, analyzer', value: packCpu, unit: 's per million' },
  { name: 'packing roll-ups later, PostgreSQL', value: packPostgresCpu, unit: 's per million' },
  {
    name: 'disk after compaction, indexes and roll-ups included',
    value: compacted,
    unit: 'B/span',
    gate: 110,
    target: 60,
  },
  {
    name: 'ingester resident memory, peak',
    value: store.ingesterResidentMib(),
    unit: 'MiB',
    gate: 500,
    target: 250,
  },
  {
    name: 'ingester start to ready',
    value: (store.readyMs - store.startedMs) / 1000,
    unit: 's',
  },
  {
    name: 'ingester start to first acknowledged span',
    value: (firstMs - store.startedMs) / 1000,
    unit: 's',
    gate: 2,
    target: 0.5,
  },
]);
console.log(
  `acknowledged after p50 ${quantile(report.ackMs, 0.5).toFixed(0)} ms, p99 ${quantile(report.ackMs, 0.99).toFixed(0)} ms; loader ${(report.cpuSeconds / millions).toFixed(1)} CPU-s per million`,
);
await store.stop();

/** When it was acknowledged: of performance.now(). PostgreSQL runs already, and nothing was sent before. */
async function sendFirstSpan(): Promise<number> {
  const sender = openBodySender(transport, order.url, 1);
  const isAccepted = await sender.send(
    0,
    freshBody(firstBody, 1_000_000, BigInt(Date.now()) * 1_000_000n),
  );
  const acknowledgedMs = performance.now();
  if (!isAccepted) throw new Error('the first span was refused');
  await sender.close();
  return acknowledgedMs;
}

async function count(sql: string): Promise<number> {
  const { rows } = await store.db.pool.query<{ sum: string }>(sql);
  return Number(rows[0]?.sum ?? 0);
}

/** Tables with their indexes, partitions under the name of the whole: the largest, in B/span. */
async function largestTables(all: number): Promise<string> {
  const { rows } = await store.db.pool.query<{ name: string; bytes: string }>(
    `select regexp_replace(relname, '_(d\\d+|pinned)$', '') as name, sum(pg_total_relation_size(oid)) as bytes
     from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
     group by 1 order by 2 desc limit 8`,
  );
  return rows.map(({ name, bytes }) => `${name} ${(Number(bytes) / all).toFixed(1)}`).join(', ');
}

async function bytesPerSpan(all: number): Promise<number> {
  const bytes = await count(
    `select sum(pg_total_relation_size(oid)) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
  );
  return bytes / all;
}
