import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportMetrics } from '#ingest/export-metrics.ts';
import { exportTraces } from '#ingest/export-traces.ts';
import { openMetricWriter } from '#store/metric-points/write-metric-points.ts';
import { decompress } from '#store/spans/codec.ts';
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
import { decodeRequest, encodeRequest, type Message } from '#tests/support/otlp/otlp-messages.ts';
import { type Model, randomMetrics, randomTraces } from '#tests/support/otlp/random-otlp.ts';
import { bodyWithUnknownFields } from '#tests/support/otlp/unknown-fields.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const REQUESTS = 150;
const SETTLED_MS = 10 * 60_000;

let store: TestStore;
let writer: SpanWriter;
const sent: Span[] = [];
const bodies: Buffer[] = [];
const stranger = bodyWithUnknownFields({
  traceId: Buffer.from('5'.repeat(32), 'hex'),
  spanId: Buffer.from('6'.repeat(16), 'hex'),
  startUnixNano: 1_790_000_000_000_000_123n,
});

beforeAll(async () => {
  store = await startTestStore();
  writer = openSpanWriter(store.url);
  const roll = seededRandom(7);
  const requests = Array.from({ length: REQUESTS }, () => randomTraces(roll));
  sent.push(...requests.flatMap(expectedSpans));
  bodies.push(...requests.map((request) => encodeRequest('traces', request)));
  await Promise.all([...bodies, stranger.body].map(exportTraces(writer.write)));
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

  test('are stored with what no Span shows: flags, counts of what was dropped, schemas, entities', async () => {
    expect(await storedMessages()).toEqual(messagesIn(bodies));
  });

  test('keep fields that are not known yet', async () => {
    await expectUnknownFields();
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
    expect(await storedMessages()).toEqual(messagesIn(bodies));
    await expectUnknownFields();
  });
});

/** Everything that lies in segments, as OTLP TracesData. */
async function storedBlocks(): Promise<readonly Buffer[]> {
  const { rows } = await store.db.pool.query<{
    readonly codec: number;
    readonly block_offsets: readonly number[];
    readonly payload: Buffer;
  }>('select codec, block_offsets, payload from span_segment');
  return await Promise.all(
    rows.flatMap(({ codec, block_offsets: offsets, payload }) =>
      offsets.slice(1).map((end, i) => decompress(codec, payload.subarray(offsets[i], end))),
    ),
  );
}

async function storedMessages(): Promise<Messages> {
  const stored = new Map(messagesIn(await storedBlocks()));
  stored.delete(`${'5'.repeat(32)} ${'6'.repeat(16)}`);
  return stored;
}

async function expectUnknownFields(): Promise<void> {
  const stored = Buffer.concat(await storedBlocks());
  for (const field of stranger.unknown) expect(stored.includes(field)).toBe(true);
}

/** Each Span message with all that its resource and its scope say, by its ids. */
type Messages = ReadonlyMap<string, Message>;

function messagesIn(bytes: readonly Buffer[]): Messages {
  const groups = bytes
    .flatMap((part) => asModels(decodeRequest('traces', part)['resourceSpans'] ?? []))
    .flatMap(({ scopeSpans, ...resource }) =>
      asModels(scopeSpans ?? []).map((group) => ({ group, resource })),
    );
  const messages = groups.flatMap(({ group: { spans, ...scope }, resource }) =>
    asModels(spans ?? []).map((span) => ({ span, scope, resource })),
  );
  return new Map(
    messages.map((one) => [`${hex(one.span['traceId'])} ${hex(one.span['spanId'])}`, one]),
  );
}

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
