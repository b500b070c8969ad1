import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportTraces } from '#ingest/export-traces.ts';
import { readCallEdgeSeconds, readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { readModeSeconds } from '#store/call-edges/read-mode-seconds.ts';
import { readFreshness } from '#store/read-freshness.ts';
import {
  readOperations,
  readServiceInstances,
  readServiceNames,
  readServiceSeconds,
  readServices,
} from '#store/services/read-services.ts';
import { readDurationHeatmap } from '#store/spans/read-duration-heatmap.ts';
import { readSpans } from '#store/spans/read-spans.ts';
import { readSpan, readTrace } from '#store/spans/read-trace.ts';
import { searchTraces } from '#store/spans/search-traces.ts';
import { openSpanWriter, type SpanWriter } from '#store/spans/write-spans.ts';
import { USERS } from '#telemetry/call-edge.ts';
import { spanId, traceId } from '#telemetry/span.ts';
import { unixNano } from '#telemetry/time.ts';
import { type TestSpan, tracesBody } from '#tests/support/otlp/json-export.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const T0 = 1_790_000_000_000_000_000n;
const WINDOW = { startUnixNano: unixNano(T0), endUnixNano: unixNano(T0 + 60_000_000_000n) };
const MS = 1_000_000n;

let store: TestStore;
let writer: SpanWriter;

beforeAll(async () => {
  store = await startTestStore();
  writer = openSpanWriter(store.url);
});

afterAll(async () => {
  await writer.stop();
  await store.stop();
});

const send = async (spans: readonly TestSpan[]) =>
  await exportTraces(writer.write)(tracesBody(spans));

const songTrace = (trace: string, at: bigint, error = false): readonly TestSpan[] => [
  {
    service: 'gateway',
    instance: 'gateway-1',
    traceId: trace,
    spanId: `${trace.slice(0, 14)}01`,
    name: 'GET /song',
    kind: 2,
    start: at,
    end: at + 50n * MS,
  },
  {
    service: 'gateway',
    instance: 'gateway-1',
    resource: { 'mesh.proxy': 'sidecar' },
    traceId: trace,
    spanId: `${trace.slice(0, 14)}02`,
    parentSpanId: `${trace.slice(0, 14)}01`,
    name: 'GET',
    kind: 3,
    start: at + MS,
    end: at + 41n * MS,
    status: error ? 2 : 0,
    attributes: {
      'service.peer.name': 'song',
      'mesh.routing.mode': 'xds',
      'mesh.routing.source': 'stream',
      'http.response.status_code': error ? 503n : 200n,
      'user.id': `u-${trace.slice(0, 4)}`,
    },
  },
  {
    service: 'song',
    instance: 'song-1',
    traceId: trace,
    spanId: `${trace.slice(0, 14)}03`,
    parentSpanId: `${trace.slice(0, 14)}02`,
    name: 'GET /song/{id}',
    kind: 2,
    start: at + 2n * MS,
    end: at + 30n * MS,
  },
];

const A = 'a'.repeat(32);
const B = 'b'.repeat(32);

describe('spans', () => {
  test('are read back as they were sent, by trace', async () => {
    const outcome = await send([
      ...songTrace(A, T0 + 1_000n * MS),
      ...songTrace(B, T0 + 2_500n * MS, true),
    ]);
    expect(outcome).toEqual({ accepted: 6, rejected: 0, errorMessage: '' });
    const spans = await readTrace(store.db, traceId(A));
    expect(spans.map(({ service, name, kind }) => `${service} ${name} ${kind}`)).toEqual([
      'gateway GET /song server',
      'gateway GET client',
      'song GET /song/{id} server',
    ]);
    expect(spans[1]?.startUnixNano).toBe(T0 + 1_001n * MS);
    expect(spans[1]?.attributes.get('http.response.status_code')).toBe(200n);
    expect(spans[1]?.resource.get('mesh.proxy')).toBe('sidecar');
    expect(await readTrace(store.db, traceId('c'.repeat(32)))).toEqual([]);
  });

  test('are read one by one, or with some of their attributes', async () => {
    const spans = await readTrace(store.db, traceId(A));
    for (const span of spans) {
      expect(await readSpan(store.db, traceId(A), span.spanId)).toEqual(span);
    }
    expect(await readSpan(store.db, traceId(A), spanId('9'.repeat(16)))).toBeUndefined();
    expect(await readSpan(store.db, traceId(B), spanId(`${'a'.repeat(14)}01`))).toBeUndefined();
    const keys = new Set(['mesh.routing.mode']);
    expect(await readTrace(store.db, traceId(A), { keys, above: 1 })).toEqual(spans);
    const few = await readTrace(store.db, traceId(A), { keys, above: 0 });
    expect(few.map(({ spanId: id }) => id)).toEqual(spans.map(({ spanId: id }) => id));
    expect([...(few[1]?.attributes ?? [])]).toEqual([['mesh.routing.mode', 'xds']]);
    expect(few[1]?.resource).toEqual(spans[1]?.resource);
  });

  test('of the same body again are acknowledged and stored once', async () => {
    const body = tracesBody(songTrace('d'.repeat(32), T0 + 3_000n * MS));
    const exported = exportTraces(writer.write);
    await Promise.all([exported(body), exported(body), exported(body)]);
    const other = openSpanWriter(store.url);
    expect((await exportTraces(other.write)(body)).accepted).toBe(3);
    await other.stop();
    expect((await readFreshness(store.db)).spans).toBe(9);
  });

  test('with bad ids are left out, counted and named', async () => {
    const [good] = songTrace('e'.repeat(32), T0 + 4_000n * MS);
    const outcome = await send([
      good as TestSpan,
      { ...(good as TestSpan), traceId: '0'.repeat(32) },
    ]);
    expect(outcome).toMatchObject({ accepted: 1, rejected: 1 });
    expect(outcome.errorMessage).toContain('a trace id is all zero');
  });
});

describe('roll-ups', () => {
  test('fold calls by second, callee and mode', async () => {
    const edges = await readCallEdges(store.db, WINDOW);
    expect(
      edges.map(({ client, server, mode, calls, errors }) => [client, server, mode, calls, errors]),
    ).toEqual([
      ['@users', 'gateway', 'unknown', 4, 0],
      ['gateway', 'song', 'xds-live', 3, 1],
    ]);
    const seconds = await readCallEdgeSeconds(store.db, WINDOW);
    expect(
      seconds
        .filter(({ server }) => server === 'song')
        .map(({ second }) => second - Number(T0 / 1_000_000_000n)),
    ).toEqual([1, 2, 3]);
  });

  test('count requests at their server, and remember instances and operations', async () => {
    const services = await readServices(store.db, WINDOW);
    expect(services.map(({ service, requests }) => [service, requests])).toEqual([
      ['gateway', 4],
      ['song', 3],
    ]);
    const seconds = await readServiceSeconds(store.db, WINDOW);
    expect(seconds.map(({ requests }) => requests).reduce((a, b) => a + b)).toBe(7);
    const instances = await readServiceInstances(store.db, WINDOW);
    expect(instances.map(({ instance }) => instance)).toEqual(['gateway-1', 'song-1']);
    expect(await readServiceNames(store.db)).toEqual(['gateway', 'song']);
    expect(await readOperations(store.db, 'gateway')).toEqual(['GET', 'GET /song']);
  });

  test('learn the service behind an address, and drop the hop to the own sidecar', async () => {
    const [root] = songTrace('f'.repeat(32), T0 + 10_000n * MS);
    const base = root as TestSpan;
    const client = {
      ...base,
      service: 'artist',
      kind: 3,
      attributes: { 'server.address': '10.0.0.7', 'server.port': 80n },
    };
    await send([
      { ...client, spanId: '1'.repeat(16) },
      { ...base, service: 'image', spanId: '2'.repeat(16), parentSpanId: '1'.repeat(16) },
      {
        ...client,
        spanId: '3'.repeat(16),
        attributes: { 'server.address': '127.0.14.1', 'server.port': 15001n },
      },
      {
        ...base,
        service: 'artist',
        resource: { 'mesh.proxy': 'sidecar' },
        spanId: '4'.repeat(16),
        parentSpanId: '3'.repeat(16),
      },
    ]);
    const edges = (await readCallEdges(store.db, WINDOW)).filter(
      (edge) => edge.client === 'artist',
    );
    expect(edges.map(({ server, serverKind, mode }) => [server, serverKind, mode])).toEqual([
      ['image', 'service', 'direct'],
    ]);
  });

  test('summed over edges by second and mode are the sums of the edges that are wanted', async () => {
    const wanted = ({ client, server }: { readonly client: string; readonly server: string }) =>
      client !== USERS && server !== 'song';
    const edges = (await readCallEdgeSeconds(store.db, WINDOW)).filter(wanted);
    const sums = await readModeSeconds(store.db, WINDOW, wanted);
    // The hop to the artist's own sidecar, whose address is an alias, is in neither.
    expect(edges.map(({ client, server }) => `${client} ${server}`)).toEqual(['artist image']);
    expect(sums).toEqual(
      edges.map(({ second, mode, calls, errors }) => ({ second, mode, calls, errors })),
    );
    const all = await readModeSeconds(store.db, WINDOW, () => true);
    const total = (list: readonly { readonly calls: number }[]) =>
      list.reduce((sum, { calls }) => sum + calls, 0);
    expect(total(all)).toBe(total(await readCallEdgeSeconds(store.db, WINDOW)));
  });
});

describe('search', () => {
  const query = { window: WINDOW, limit: 10 };
  const found = async (clauses: object) =>
    (await searchTraces(store.db, { ...query, ...clauses })).traces.map(
      (trace) => trace.traceId[0],
    );

  test('answers newest first, with sums over each trace', async () => {
    const { traces, hasMore } = await searchTraces(store.db, {
      ...query,
      service: 'song',
      limit: 2,
    });
    expect(hasMore).toBe(true);
    expect(traces.map((trace) => trace.traceId[0])).toEqual(['d', 'b']);
    expect(traces[1]).toMatchObject({
      rootService: 'gateway',
      rootName: 'GET /song',
      hasRoot: true,
      startUnixNano: T0 + 2_500n * MS,
      durationNs: 50_000_000,
      spanCount: 3,
      errorCount: 1,
      services: ['gateway', 'song'],
      hopsByMode: { 'xds-live': 1 },
    });
  });

  test('takes every clause', async () => {
    expect(await found({ status: 'error' })).toEqual(['b']);
    expect(await found({ operation: 'GET', mode: 'xds-live' })).toEqual(['d', 'b', 'a']);
    expect(await found({ service: 'song', minDurationNs: 29e6 })).toEqual([]);
    expect(await found({ service: 'nobody' })).toEqual([]);
    expect(await found({ attributes: [['user.id', 'u-bbbb']] })).toEqual(['b']);
    expect(await found({ attributes: [['http.response.status_code', '503']] })).toEqual(['b']);
    expect(
      await found({
        attributes: [
          ['http.response.status_code', '503'],
          ['user.id', 'u-aaaa'],
        ],
      }),
    ).toEqual([]);
    expect(await found({ service: 'gateway', attributes: [['service.name', 'song']] })).toEqual([]);
  });

  test('finds spans by name, and draws where they lie', async () => {
    const spans = await readSpans(store.db, { window: WINDOW, names: ['GET'], limit: 2 });
    expect(spans.map((span) => span.traceId[0])).toEqual(['b', 'd']);
    const map = await readDurationHeatmap(
      store.db,
      { ...query, service: 'song' },
      { columns: 6, rows: 4 },
    );
    expect(map.counts.reduce((a, b) => a + b)).toBe(3);
  });
});
