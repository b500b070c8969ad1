import type pg from 'pg';
import { encodeHistogram } from '#telemetry/latency-histogram.ts';
import type { SpanBatch } from '#telemetry/span-batch.ts';
import { AliasLearner, type PeerAlias } from '../call-edges/learn-aliases.ts';
import { type EdgeSum, RollUp, type ServiceSum } from '../call-edges/roll-up.ts';
import { CopyRows, copyRows } from '../copy-binary.ts';
import { type Body, GroupCommit } from '../group-commit.ts';
import { Lane } from '../lane.ts';
import { COMMIT_CHANNEL } from '../notifications.ts';
import { type SeenInstance, type SeenOperation, SeenServices } from '../services/seen-services.ts';
import { MAX_SEGMENT_SPANS, type Segment, SegmentBuilder } from './build-segment.ts';

export interface SpanWriter {
  /** Settles when the spans are durable. True: this body was stored before. Rejects when the store cannot take it now. */
  readonly write: (batch: SpanBatch, hash: Uint8Array) => Promise<boolean>;
  readonly stop: () => Promise<void>;
}

const LANES = 2;
const DELAY_MS = 40;
const ENOUGH_SPANS = 5000;
/** zlib's fastest: compaction compresses again, and better. */
const COMPRESSION = 1;
/** Spans whose starts lie further apart than 2^51 ns (26 days) go to different segments: offsets stay exact. */
const EPOCH_SHIFT = 19;

interface SpanBody extends Body {
  readonly batch: SpanBatch;
}

/** The hot path's end: spans into segments, roll-ups beside them, one transaction for many requests. */
export function openSpanWriter(url: string): SpanWriter {
  const aliases = new AliasLearner();
  const seen = new SeenServices();
  const lanes = Array.from({ length: LANES }, () => new SpanLane(url, aliases, seen));
  const commits = new GroupCommit<SpanBody>({
    lanes: lanes.map((lane) => (bodies) => lane.commit(bodies)),
    delayMs: DELAY_MS,
    enoughWeight: ENOUGH_SPANS,
    maxWeight: MAX_SEGMENT_SPANS,
  });
  return {
    write: async (batch, hash) => {
      if (batch.count === 0) return false;
      return await commits.write({ batch, hash, weight: batch.count });
    },
    stop: async () => {
      await commits.drain();
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

class SpanLane {
  readonly #lane: Lane;
  readonly #rollUp = new RollUp();
  readonly #aliases: AliasLearner;
  readonly #seen: SeenServices;

  constructor(url: string, aliases: AliasLearner, seen: SeenServices) {
    this.#lane = new Lane(url);
    this.#aliases = aliases;
    this.#seen = seen;
  }

  async commit(bodies: readonly SpanBody[]): Promise<void> {
    const segments = await buildSegments(bodies.map(({ batch }) => batch));
    try {
      await this.#lane.commit(bodies, async (client, day) => {
        await writeSegments(client, day, segments);
        await this.#writeFacts(client, bodies);
      });
    } catch (error) {
      this.#rollUp.forget();
      this.#aliases.forget();
      this.#seen.forget();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#lane.close();
  }

  async #writeFacts(client: pg.Client, bodies: readonly SpanBody[]): Promise<void> {
    for (const { batch } of bodies) {
      this.#rollUp.fold(batch);
      this.#aliases.observe(batch);
      this.#seen.observe(batch);
    }
    const { edges, services } = this.#rollUp.takeDirty();
    const { instances, operations } = this.#seen.takeFresh();
    await writeEdges(client, edges);
    await writeServices(client, services);
    await writeInstances(client, instances);
    await writeOperations(client, operations);
    await writeAliases(client, this.#aliases.takeFresh());
    await notify(client, edges, services);
  }
}

async function buildSegments(batches: readonly SpanBatch[]): Promise<readonly Segment[]> {
  const builders: SegmentBuilder[] = [];
  const open = new Map<number, { builder: SegmentBuilder; room: number }>();
  let left = batches.reduce((sum, batch) => sum + batch.count, 0);
  for (const batch of batches) {
    for (let i = 0; i < batch.count; i++, left--) {
      const epoch = (batch.startHigh[i] as number) >>> EPOCH_SHIFT;
      let segment = open.get(epoch);
      if (segment === undefined || segment.room === 0) {
        const room = Math.min(left, MAX_SEGMENT_SPANS);
        segment = { builder: new SegmentBuilder(room), room };
        builders.push(segment.builder);
        open.set(epoch, segment);
      }
      segment.builder.add(batch, i);
      segment.room--;
    }
  }
  return await Promise.all(
    builders.map((builder) => builder.finish({ compression: COMPRESSION, level: 0 })),
  );
}

export async function writeSegments(
  client: pg.ClientBase,
  day: number,
  segments: readonly Segment[],
): Promise<void> {
  const payloadBytes = segments.reduce((sum, { payload }) => sum + payload.length, 0);
  const rows = new CopyRows(payloadBytes + 512 * 1024);
  const traceRows = new CopyRows();
  for (const segment of segments) {
    addSegmentRow(rows, day, segment);
    addTraceRows(traceRows, day, segment);
  }
  await copyRows(
    client,
    `copy span_segment (day, id, min_start, max_start, span_count, error_count, max_duration_ns, modes, services, level,
       columns, filter, filter_blocks, block_offsets, codec, payload) from stdin (format binary)`,
    rows.end(),
  );
  await copyRows(
    client,
    'copy trace_segment (trace_key, segment_id, day, first_block, last_block) from stdin (format binary)',
    traceRows.end(),
  );
}

function addSegmentRow(rows: CopyRows, day: number, segment: Segment): void {
  rows.row(16);
  rows.int4(day);
  rows.int8(segment.id);
  rows.int8(segment.minStart);
  rows.int8(segment.maxStart);
  rows.int4(segment.spanCount);
  rows.int4(segment.errorCount);
  rows.int8(BigInt(Math.min(segment.maxDurationNs, Number.MAX_SAFE_INTEGER)));
  rows.int4(segment.modes);
  rows.textArray(segment.services);
  rows.int2(segment.level);
  rows.bytes(segment.columns);
  rows.bytes(segment.filter);
  rows.int4(segment.filterBlocks);
  rows.int4Array(segment.blockOffsets);
  rows.int2(segment.codec);
  rows.bytes(segment.payload);
}

/** The key is the right half of the trace id: W3C Trace Context makes that half random. */
function addTraceRows(rows: CopyRows, day: number, segment: Segment): void {
  const { traceIds, firstBlocks, lastBlocks } = segment;
  const view = new DataView(traceIds.buffer, traceIds.byteOffset, traceIds.byteLength);
  for (let trace = 0; trace < firstBlocks.length; trace++) {
    rows.row(5);
    rows.int8Halves(view.getInt32(trace * 16 + 8), view.getInt32(trace * 16 + 12));
    rows.int8(segment.id);
    rows.int4(day);
    rows.int2(firstBlocks[trace] as number);
    rows.int2(lastBlocks[trace] as number);
  }
}

async function writeEdges(client: pg.Client, edges: readonly EdgeSum[]): Promise<void> {
  if (edges.length === 0) return;
  await client.query(
    `insert into call_edge_second (second, client, server, server_kind, mode, writer, calls, errors, latency)
     select * from unnest($1::int8[], $2::text[], $3::text[], $4::int2[], $5::int2[], $6::int8[], $7::int4[], $8::int4[], $9::bytea[])
     on conflict (second, client, server, server_kind, mode, writer)
     do update set calls = excluded.calls, errors = excluded.errors, latency = excluded.latency`,
    [
      edges.map(({ second }) => second),
      edges.map(({ client: name }) => name),
      edges.map(({ server }) => server),
      edges.map(({ serverKind }) => serverKind),
      edges.map(({ mode }) => mode),
      edges.map(({ writer }) => writer),
      edges.map(({ calls }) => calls),
      edges.map(({ errors }) => errors),
      edges.map(({ latency }) => Buffer.from(encodeHistogram(latency))),
    ],
  );
}

async function writeServices(client: pg.Client, services: readonly ServiceSum[]): Promise<void> {
  if (services.length === 0) return;
  await client.query(
    `insert into service_second (second, service, reporter, writer, requests, errors, latency)
     select * from unnest($1::int8[], $2::text[], $3::int2[], $4::int8[], $5::int4[], $6::int4[], $7::bytea[])
     on conflict (second, service, reporter, writer)
     do update set requests = excluded.requests, errors = excluded.errors, latency = excluded.latency`,
    [
      services.map(({ second }) => second),
      services.map(({ service }) => service),
      services.map(({ reporter }) => reporter),
      services.map(({ writer }) => writer),
      services.map(({ calls }) => calls),
      services.map(({ errors }) => errors),
      services.map(({ latency }) => Buffer.from(encodeHistogram(latency))),
    ],
  );
}

async function writeInstances(
  client: pg.Client,
  instances: readonly SeenInstance[],
): Promise<void> {
  if (instances.length === 0) return;
  const sorted = sortedBy(instances, ({ service, instance }) => `${service}\0${instance}`);
  await client.query(
    `insert into service_instance (service, instance, first_second, last_second)
     select * from unnest($1::text[], $2::text[], $3::int8[], $4::int8[])
     on conflict (service, instance) do update set
       first_second = least(service_instance.first_second, excluded.first_second),
       last_second = greatest(service_instance.last_second, excluded.last_second)`,
    [
      sorted.map(({ service }) => service),
      sorted.map(({ instance }) => instance),
      sorted.map(({ firstSecond }) => firstSecond),
      sorted.map(({ lastSecond }) => lastSecond),
    ],
  );
}

async function writeOperations(
  client: pg.Client,
  operations: readonly SeenOperation[],
): Promise<void> {
  if (operations.length === 0) return;
  const unique = new Map(operations.map((one) => [`${one.service}\0${one.operation}`, one]));
  const sorted = sortedBy([...unique.values()], (one) => `${one.service}\0${one.operation}`);
  await client.query(
    `insert into operation (service, operation, last_second)
     select * from unnest($1::text[], $2::text[], $3::int8[])
     on conflict (service, operation) do update set
       last_second = greatest(operation.last_second, excluded.last_second)`,
    [
      sorted.map(({ service }) => service),
      sorted.map(({ operation }) => operation),
      sorted.map(({ lastSecond }) => lastSecond),
    ],
  );
}

async function writeAliases(client: pg.Client, aliases: readonly PeerAlias[]): Promise<void> {
  if (aliases.length === 0) return;
  const sorted = sortedBy(aliases, (one) => `${one.client}\0${one.address}\0${one.server}`);
  await client.query(
    `insert into peer_alias (client, address, server, last_second)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::int8[])
     on conflict (client, address, server) do update set
       last_second = greatest(peer_alias.last_second, excluded.last_second)`,
    [
      sorted.map(({ client: name }) => name),
      sorted.map(({ address }) => address),
      sorted.map(({ server }) => server),
      sorted.map(({ lastSecond }) => lastSecond),
    ],
  );
}

/** Rows that several connections write are locked in one order, so that they never wait for each other in a circle. */
function sortedBy<T>(rows: readonly T[], key: (row: T) => string): readonly T[] {
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** A payload ends at 8,000 bytes; listeners only need to know what is new. */
const MAX_NOTIFIED_SECONDS = 100;

async function notify(
  client: pg.Client,
  edges: readonly EdgeSum[],
  services: readonly ServiceSum[],
): Promise<void> {
  const seconds = new Set([...edges, ...services].map(({ second }) => second));
  const newest = [...seconds].sort((a, b) => b - a).slice(0, MAX_NOTIFIED_SECONDS);
  await client.query('select pg_notify($1, $2)', [
    COMMIT_CHANNEL,
    JSON.stringify({ seconds: newest }),
  ]);
}
