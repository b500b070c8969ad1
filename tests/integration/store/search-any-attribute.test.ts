import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportTraces } from '#ingest/export-traces.ts';
import { compactSegments } from '#store/spans/compact-segments.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { searchTraces } from '#store/spans/search-traces.ts';
import { openSpanWriter } from '#store/spans/write-spans.ts';
import { attributeText } from '#telemetry/attribute-text.ts';
import type { AttributeValue, Span } from '#telemetry/span.ts';
import { unixNano } from '#telemetry/time.ts';
import { encodeRequest } from '#tests/support/otlp/otlp-messages.ts';
import { type Model, randomTraces } from '#tests/support/otlp/random-otlp.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const FROM = 1_790_000_000_000_000_000n;
const LENGTH_NS = 60_000_000_000n;
const WINDOW = { startUnixNano: unixNano(FROM), endUnixNano: unixNano(FROM + LENGTH_NS) };
const REQUESTS = 70;
/** More than there are traces. */
const ALL = 5000;

let store: TestStore;
const spans: Span[] = [];

beforeAll(async () => {
  store = await startTestStore();
  const roll = seededRandom(23);
  const writer = openSpanWriter(store.url);
  const sent: Model[] = [];
  for (let i = 0; i < REQUESTS; i++) {
    const request = randomTraces(roll);
    const all = spansOf(request);
    for (const span of all) span['startTimeUnixNano'] = FROM + BigInt(Math.floor(roll() * 6e10));
    await exportTraces(writer.write)(encodeRequest('traces', request));
    sent.push(...all);
  }
  await writer.stop();
  for (const span of sent) {
    const { traceId } = span as { readonly traceId: Buffer };
    spans.push(...(await readTrace(store.db, traceId.toString('hex') as Span['traceId'])));
  }
});

afterAll(async () => {
  await store.stop();
});

const models = (value: unknown): Model[] => value as Model[];

function spansOf(request: Model): readonly Model[] {
  return models(request['resourceSpans'])
    .flatMap((resource) => models(resource['scopeSpans']))
    .flatMap((scope) => models(scope['spans']));
}

function kindOf(value: AttributeValue): string {
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return 'list';
  return value === undefined ? 'empty' : typeof value;
}

/** Every `key=value` that any span or resource has, and the kinds of its values. */
function clauses(): ReadonlyMap<
  string,
  { readonly clause: readonly [string, string]; readonly kinds: Set<string> }
> {
  const found = new Map<string, { clause: readonly [string, string]; kinds: Set<string> }>();
  for (const { attributes, resource } of spans) {
    for (const [key, value] of [...attributes, ...resource]) {
      const clause = [key, attributeText(value)] as const;
      const known = found.get(JSON.stringify(clause)) ?? { clause, kinds: new Set() };
      known.kinds.add(kindOf(value));
      found.set(JSON.stringify(clause), known);
    }
  }
  return found;
}

function naive([key, text]: readonly [string, string]): readonly string[] {
  const having = spans.filter(({ attributes, resource }) =>
    [attributes, resource].some((map) => map.has(key) && attributeText(map.get(key)) === text),
  );
  return [...new Set(having.map(({ traceId }) => traceId))].sort();
}

async function search(clause: readonly [string, string]): Promise<readonly string[]> {
  const { traces } = await searchTraces(store.db, {
    window: WINDOW,
    limit: ALL,
    attributes: [clause],
  });
  return traces.map(({ traceId }) => traceId).sort();
}

test('search finds each value of each type, as a naive filter does, before and after compaction', async () => {
  const asked = [...clauses().values()];
  const kinds = new Set(asked.flatMap(({ kinds: some }) => [...some]));
  expect([...kinds].sort()).toEqual(
    ['bigint', 'boolean', 'bytes', 'empty', 'list', 'number', 'object', 'string'].sort(),
  );
  expect(asked.length).toBeGreaterThan(100);
  const check = async (): Promise<void> => {
    for (const { clause } of asked) {
      expect({ clause, found: await search(clause) }).toEqual({ clause, found: naive(clause) });
    }
    for (const { clause } of asked.slice(0, 50)) {
      expect(await search([clause[0], `${clause[1]} but not quite`])).toEqual([]);
    }
  };
  await check();
  while (await compactSegments(store.db, Date.now() + 10 * 60_000));
  await check();
}, 240_000);
