import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportMetrics } from '#ingest/export-metrics.ts';
import { exportTraces } from '#ingest/export-traces.ts';
import { openMetricWriter } from '#store/metric-points/write-metric-points.ts';
import { compactSegments } from '#store/spans/compact-segments.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { openSpanWriter, type SpanWriter } from '#store/spans/write-spans.ts';
import {
  type Attributes,
  type AttributeValue,
  SPAN_KINDS,
  SPAN_STATUSES,
  type Span,
  spanId,
  traceId,
} from '#telemetry/span.ts';
import { unixNano } from '#telemetry/time.ts';
import { encodeRequest } from '#tests/support/otlp/otlp-messages.ts';
import { type Model, randomMetrics, randomTraces } from '#tests/support/otlp/random-otlp.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const REQUESTS = 150;
const SETTLED_MS = 10 * 60_000;

let store: TestStore;
let writer: SpanWriter;
const sent: Span[] = [];

beforeAll(async () => {
  store = await startTestStore();
  writer = openSpanWriter(store.url);
  const roll = seededRandom(7);
  const requests = Array.from({ length: REQUESTS }, () => randomTraces(roll));
  sent.push(...requests.flatMap(expectedSpans));
  await Promise.all(
    requests.map((request) => exportTraces(writer.write)(encodeRequest('traces', request))),
  );
});

afterAll(async () => {
  await writer.stop();
  await store.stop();
});

async function readBack(): Promise<readonly Span[]> {
  const read: Span[] = [];
  for (const span of sent) read.push(...(await readTrace(store.db, span.traceId)));
  return read;
}

describe('random spans', () => {
  test('come out as they went in, in every field', async () => {
    expect(sent.length).toBeGreaterThan(300);
    expect(await readBack()).toEqual(sent);
  });

  test('are the same after compaction', async () => {
    const before = await store.db.pool.query('select count(*)::int as n from span_segment');
    while (await compactSegments(store.db, Date.now() + SETTLED_MS));
    const after = await store.db.pool.query(
      'select count(*)::int as n from span_segment where level = 0',
    );
    expect(before.rows[0].n).toBeGreaterThan(0);
    expect(after.rows[0].n).toBe(0);
    expect(await readBack()).toEqual(sent);
  });
});

test('random metrics never keep their request from being stored', async () => {
  const metrics = openMetricWriter(store.url);
  const roll = seededRandom(11);
  for (let i = 0; i < 60; i++) {
    const body = encodeRequest('metrics', randomMetrics(roll));
    await expect(exportMetrics(metrics.write)(body)).resolves.toBeDefined();
  }
  await metrics.stop();
});

const asModels = (value: unknown): readonly Model[] => value as readonly Model[];

function expectedSpans(request: Model): readonly Span[] {
  return asModels(request['resourceSpans']).flatMap((resourceSpans) => {
    const resource = attributesOf((resourceSpans['resource'] as Model)['attributes']);
    return asModels(resourceSpans['scopeSpans']).flatMap((scopeSpans) =>
      asModels(scopeSpans['spans']).map((span) =>
        expectedSpan(span, scopeSpans['scope'] as Model, resource),
      ),
    );
  });
}

function expectedSpan(span: Model, scope: Model, resource: Attributes): Span {
  const parent = hex(span['parentSpanId']);
  const status = span['status'] as { readonly code: number; readonly message: string };
  return {
    traceId: traceId(hex(span['traceId'])),
    spanId: spanId(hex(span['spanId'])),
    ...(parent !== '' && { parentSpanId: spanId(parent) }),
    traceState: String(span['traceState']),
    service: 'unknown_service',
    instance: '',
    name: String(span['name']),
    kind: SPAN_KINDS[Number(span['kind'])] ?? 'unspecified',
    status: SPAN_STATUSES[status.code] ?? 'unset',
    statusMessage: status.message,
    startUnixNano: unixNano(span['startTimeUnixNano'] as bigint),
    endUnixNano: unixNano(span['endTimeUnixNano'] as bigint),
    attributes: attributesOf(span['attributes']),
    resource,
    scopeName: String(scope['name']),
    scopeVersion: String(scope['version']),
    events: asModels(span['events']).map((event) => ({
      unixNano: unixNano(event['timeUnixNano'] as bigint),
      name: String(event['name']),
      attributes: attributesOf(event['attributes']),
    })),
    links: asModels(span['links']).map((link) => ({
      traceId: traceId(hex(link['traceId'])),
      spanId: spanId(hex(link['spanId'])),
      traceState: String(link['traceState']),
      attributes: attributesOf(link['attributes']),
    })),
  };
}

function hex(bytes: unknown): string {
  return (bytes as Buffer).toString('hex');
}

function attributesOf(keyValues: unknown): Attributes {
  return new Map(
    asModels(keyValues).map(({ key, value }) => [String(key), toValue(value as Model)]),
  );
}

function toValue(value: Model): AttributeValue {
  const [kind] = Object.keys(value);
  const inner = value[kind ?? ''];
  switch (kind) {
    case 'arrayValue':
      return asModels((inner as Model)['values']).map(toValue);
    case 'kvlistValue':
      return Object.fromEntries(attributesOf((inner as Model)['values']));
    case 'bytesValue':
      return Uint8Array.from(inner as Buffer);
    default:
      return inner as AttributeValue;
  }
}
