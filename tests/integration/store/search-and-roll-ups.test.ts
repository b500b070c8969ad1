import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportTraces } from '#ingest/export-traces.ts';
import { readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { compactSegments } from '#store/spans/compact-segments.ts';
import { readAttributeKeys, readAttributeValues } from '#store/spans/read-attribute-values.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { searchTraces } from '#store/spans/search-traces.ts';
import { openSpanWriter } from '#store/spans/write-spans.ts';
import { attributeText } from '#telemetry/attribute-text.ts';
import { inferRoutingMode } from '#telemetry/infer-routing-mode.ts';
import { bucketOf, emptyHistogram } from '#telemetry/latency-histogram.ts';
import type { RoutingMode } from '#telemetry/routing-mode.ts';
import { type Span, traceId } from '#telemetry/span.ts';
import { elapsedNs, unixNano } from '#telemetry/time.ts';
import type { TraceQuery } from '#telemetry/trace-summary.ts';
import { tracesBody } from '#tests/support/otlp/json-export.ts';
import { randomMeshSpans } from '#tests/support/random-spans.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const FROM = 1_790_000_000_000_000_000n;
const LENGTH_NS = 60e9;
const WINDOW = { startUnixNano: unixNano(FROM), endUnixNano: unixNano(FROM + BigInt(LENGTH_NS)) };
const BATCH = 40;
const QUERIES = 150;

let store: TestStore;
const all: Span[] = [];

beforeAll(async () => {
  store = await startTestStore();
  const roll = seededRandom(3);
  const spans = randomMeshSpans(roll, { traces: 400, from: FROM, lengthNs: LENGTH_NS });
  const writer = openSpanWriter(store.url);
  const bodies: Uint8Array[] = [];
  for (let i = 0; i < spans.length; i += BATCH) bodies.push(tracesBody(spans.slice(i, i + BATCH)));
  // One after the other makes many segments of them.
  for (const body of bodies) await exportTraces(writer.write)(body);
  // Some come again, together with others, in new requests.
  await exportTraces(writer.write)(tracesBody(spans.slice(10, 30)));
  await writer.stop();
  for (const id of new Set(spans.map((span) => span.traceId))) {
    all.push(...(await readTrace(store.db, traceId(id))));
  }
});

afterAll(async () => {
  await store.stop();
});

const answers = async (): Promise<readonly unknown[]> => {
  const roll = seededRandom(5);
  const results: unknown[] = [];
  for (let i = 0; i < QUERIES; i++) {
    const query = randomQuery(roll);
    const result = await searchTraces(store.db, query);
    const expected = naiveSearch(query);
    expect({ query, ids: result.traces.map((trace) => trace.traceId) }).toEqual({
      query,
      ids: expected.ids,
    });
    expect(result.hasMore).toBe(expected.hasMore);
    results.push(result.traces);
  }
  return results;
};

describe('search', () => {
  test('equals a naive filter, before and after compaction', async () => {
    const before = await answers();
    while (await compactSegments(store.db, Date.now() + 10 * 60_000));
    expect(await answers()).toEqual(before);
  });

  test('is completed from keys and values that compaction saw', async () => {
    expect(await readAttributeKeys(store.db, 'http.', 10)).toEqual(['http.response.status_code']);
    const codes = await readAttributeValues(store.db, 'http.response.status_code', '', 10);
    expect(codes).toEqual(['200', '404', '503']);
  });

  test('sums a trace up as counting its spans does', async () => {
    const { traces } = await searchTraces(store.db, { window: WINDOW, limit: 50 });
    for (const summary of traces) {
      const spans = await readTrace(store.db, summary.traceId);
      expect(summary.spanCount).toBe(spans.length);
      expect(summary.errorCount).toBe(spans.filter(({ status }) => status === 'error').length);
      expect(summary.services).toEqual([...new Set(spans.map(({ service }) => service))].sort());
    }
  });
});

test('roll-ups equal a recount after compaction, also of spans that came twice in different requests', async () => {
  while (await compactSegments(store.db, Date.now() + 10 * 60_000));
  const edges = await readCallEdges(store.db, {
    startUnixNano: WINDOW.startUnixNano,
    endUnixNano: unixNano(WINDOW.endUnixNano + 10_000_000_000n),
  });
  const counted = new Map(
    edges.map(({ client, server, serverKind, mode, calls, errors, latency }) => [
      `${client} ${server} ${serverKind} ${mode}`,
      { calls, errors, latency: [...latency] },
    ]),
  );
  expect(counted.size).toBeGreaterThan(20);
  const { rows } = await store.db.pool.query(
    'select sum(calls)::int as calls from call_edge_second',
  );
  const total = [...counted.values()].reduce((sum, { calls }) => sum + calls, 0);
  expect(total).toBe(rows[0].calls);
  const usersCalls = all.filter(
    (span) => span.kind === 'server' && span.parentSpanId === undefined,
  );
  const users = edges.filter(({ client }) => client === '@users');
  expect(users.reduce((sum, { calls }) => sum + calls, 0)).toBe(usersCalls.length);
  for (const edge of users) {
    const latency = emptyHistogram();
    for (const span of usersCalls) {
      if (span.service !== edge.server) continue;
      const bucket = bucketOf(elapsedNs(span.startUnixNano, span.endUnixNano));
      latency[bucket] = (latency[bucket] ?? 0) + 1;
    }
    expect(edge.latency).toEqual(latency);
  }
});

test('requests of each service in each second equal a recount after compaction', async () => {
  while (await compactSegments(store.db, Date.now() + 10 * 60_000));
  const { rows } = await store.db.pool.query(
    `select second::int, service, reporter::int, sum(requests)::int as requests, sum(errors)::int as errors
     from service_second group by second, service, reporter`,
  );
  const counted = new Map(
    rows.map(({ second, service, reporter, requests, errors }) => [
      `${second} ${service} ${reporter}`,
      { requests, errors },
    ]),
  );
  expect(counted.size).toBeGreaterThan(200);
  expect(counted).toEqual(recount(all.filter(isRequest), serviceKey));
});

test('calls of each edge in each second equal a recount after compaction', async () => {
  while (await compactSegments(store.db, Date.now() + 10 * 60_000));
  const { rows } = await store.db.pool.query(
    `select second::int, client, server, sum(calls)::int as calls, sum(errors)::int as errors
     from call_edge_second where client <> '@users' and server_kind = 0 group by second, client, server`,
  );
  const counted = new Map(
    rows.map(({ second, client, server, calls, errors }) => [
      `${second} ${client} ${server}`,
      { requests: calls, errors },
    ]),
  );
  expect(counted.size).toBeGreaterThan(200);
  expect(counted).toEqual(recount(all.filter(isNamedCall), callKey));
});

const SIDECAR = 1;

const secondOfEnd = (span: Span): bigint => span.endUnixNano / 1_000_000_000n;
const isRequest = ({ kind }: Span): boolean => kind === 'server' || kind === 'consumer';
const isNamedCall = ({ kind, attributes }: Span): boolean =>
  (kind === 'client' || kind === 'producer') &&
  attributes.has('service.peer.name') &&
  !attributes.has('db.system.name');
const serviceKey = (span: Span): string =>
  `${secondOfEnd(span)} ${span.service} ${span.resource.get('mesh.proxy') === 'sidecar' ? SIDECAR : 0}`;
const callKey = (span: Span): string =>
  `${secondOfEnd(span)} ${span.service} ${span.attributes.get('service.peer.name')}`;

function recount(spans: readonly Span[], keyOf: (span: Span) => string) {
  const counted = new Map<string, { requests: number; errors: number }>();
  for (const span of spans) {
    const sum = counted.get(keyOf(span)) ?? { requests: 0, errors: 0 };
    sum.requests++;
    if (span.status === 'error') sum.errors++;
    counted.set(keyOf(span), sum);
  }
  return counted;
}

function randomQuery(roll: () => number): TraceQuery {
  const maybe = <T>(chance: number, make: () => T): T | undefined =>
    roll() < chance ? make() : undefined;
  const pick = <T>(values: readonly T[]): T => values[Math.floor(roll() * values.length)] as T;
  const from = FROM + BigInt(Math.floor(roll() * 4e10));
  const clauses = {
    service: maybe(0.5, () => pick(['gateway', 'song', 'artist', 'nobody'])),
    notServicePrefix: maybe(0.2, () => pick(['ga', 'song', 'detour-'])),
    operation: maybe(0.3, () => pick(['GET /', 'render'])),
    status: maybe(0.3, () => pick(['error', 'ok', 'unset'] as const)),
    minDurationNs: maybe(0.3, () => 10 ** (4 + roll() * 4)),
    maxDurationNs: maybe(0.2, () => 10 ** (6 + roll() * 3)),
    mode: maybe(0.2, () => pick(['dns', 'xds-live', 'xds-none', 'unknown'] as const)),
    attributes: maybe(0.4, () => [
      pick([
        ['user.id', `user-${Math.floor(roll() * 200)}`],
        ['http.response.status_code', '503'],
        ['cache.hit', 'true'],
        ['cpu.share', '0.25'],
        ['mesh.proxy', 'sidecar'],
        ['service.instance.id', 'song-1'],
        ['user.id', 'nobody'],
      ] as const),
    ]),
  };
  return {
    window: {
      startUnixNano: unixNano(from),
      endUnixNano: unixNano(from + BigInt(Math.floor(roll() * 3e10))),
    },
    limit: 1 + Math.floor(roll() * 30),
    ...(Object.fromEntries(
      Object.entries(clauses).filter(([, value]) => value !== undefined),
    ) as Partial<TraceQuery>),
  };
}

/** undefined for what is no hop. */
function modeOf(span: Span): RoutingMode | undefined {
  if (span.kind !== 'client' && span.kind !== 'producer') return undefined;
  const text = (key: string) => attributeText(span.attributes.get(key));
  const evidence = {
    statedMode: text('mesh.routing.mode'),
    statedSource: text('mesh.routing.source'),
    errorType: text('error.type'),
    isProxy: span.resource.get('mesh.proxy') === 'sidecar',
    ...(span.attributes.has('server.address') && { serverAddress: text('server.address') }),
  };
  return inferRoutingMode(evidence).mode;
}

function naiveSearch(query: TraceQuery): { ids: readonly string[]; hasMore: boolean } {
  const latest = new Map<string, bigint>();
  for (const span of all) {
    if (!satisfies(span, query)) continue;
    const known = latest.get(span.traceId) ?? 0n;
    if (span.startUnixNano > known) latest.set(span.traceId, span.startUnixNano);
  }
  const ranked = [...latest].sort(([, a], [, b]) => Number(b - a)).slice(0, query.limit);
  const startOf = (id: string): bigint =>
    all
      .filter((span) => span.traceId === id)
      .reduce((min, span) => (span.startUnixNano < min ? span.startUnixNano : min), 2n ** 63n);
  const ids = ranked.map(([id]) => id).sort((a, b) => Number(startOf(b) - startOf(a)));
  return { ids, hasMore: latest.size > query.limit };
}

function satisfies(span: Span, query: TraceQuery): boolean {
  const duration = elapsedNs(span.startUnixNano, span.endUnixNano);
  return (
    span.startUnixNano >= query.window.startUnixNano &&
    span.startUnixNano < query.window.endUnixNano &&
    (query.service === undefined || span.service === query.service) &&
    (query.notServicePrefix === undefined || !span.service.startsWith(query.notServicePrefix)) &&
    (query.operation === undefined || span.name === query.operation) &&
    (query.status === undefined || span.status === query.status) &&
    duration >= (query.minDurationNs ?? 0) &&
    duration <= (query.maxDurationNs ?? Number.MAX_SAFE_INTEGER) &&
    (query.mode === undefined || modeOf(span) === query.mode) &&
    (query.attributes ?? []).every(([key, value]) =>
      [span.attributes, span.resource].some(
        (attributes) => attributes.has(key) && attributeText(attributes.get(key)) === value,
      ),
    )
  );
}
