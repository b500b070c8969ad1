import { describe, expect, test } from 'vitest';
import { criticalPath } from '#analysis/trace/critical-path.ts';
import { readSpans } from '#telemetry/otlp/read-spans.ts';
import type { Span } from '#telemetry/span.ts';
import { tracesBody } from '#tests/support/otlp/json-export.ts';
import { randomMeshSpans } from '#tests/support/random-spans.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { toTraceColumns, WATERFALL_KEYS } from '#views/trace/to-trace-columns.ts';
import { rowIndex, rowOfSpan, spanIdAt } from '#views/trace/trace-columns.ts';

/** Every attribute that a column may show, on spans of which each has some. */
const VALUES: Readonly<Record<string, unknown>> = {
  'http.route': '/song/{id}',
  'url.path': '/song/7',
  'dns.question.name': 'song.mesh',
  'peer.service': 'song',
  'network.peer.address': '10.0.0.7',
  'network.peer.port': 8080n,
  'grpc.target': 'xds:///song',
  'rpc.grpc.status_code': 14n,
  'mesh.xds.connected': false,
  'mesh.xds.eds_version': '42',
  'mesh.xds.lds_version': '41',
  'mesh.xds.config_age_ms': 1500n,
  upstream_cluster: 'outbound|80||song',
  response_flags: 'NC',
  component: 'proxy',
  'server.port': 15001n,
};

describe('toTraceColumns', () => {
  test('needs no attributes but those that a large trace is read with', () => {
    const roll = seededRandom(21);
    const sent = randomMeshSpans(roll, { traces: 60, from: 10n ** 18n, lengthNs: 1e9 });
    const body = tracesBody(
      sent.map((span) => ({ ...span, attributes: { ...span.attributes, ...someOf(roll) } })),
    );
    const few = byTrace(readSpans(body, () => true, WATERFALL_KEYS));
    expect([...few.values()].flat().some((span) => span.attributes.has('user.id'))).toBe(false);
    for (const [id, spans] of byTrace(readSpans(body, () => true))) {
      const columns = toTraceColumns(spans, criticalPath(spans).sections);
      const read = few.get(id) ?? [];
      expect(toTraceColumns(read, criticalPath(read).sections)).toEqual(columns);
    }
  });

  test('numbers spans whose ids differ in the last bits alone', () => {
    const spans = ['aaaaaaaabbbbb001', 'aaaaaaaabbbbb002', 'aaaaaaaabbbbb003'].map((spanId, i) => ({
      traceId: 'a'.repeat(32),
      spanId,
      start: 10n ** 18n + BigInt(i),
      end: 10n ** 18n + 9n,
    }));
    const columns = toTraceColumns(
      readSpans(tracesBody(spans), () => true),
      [],
    );
    if (columns === undefined) throw new Error('there are spans');
    const rowOf = rowIndex(columns);
    for (let row = 0; row < columns.rows; row++) {
      expect(rowOf(spanIdAt(columns, row))).toBe(row);
      expect(rowOfSpan(columns, spanIdAt(columns, row))).toBe(row);
    }
    expect(rowOf('aaaaaaaabbbbb004')).toBe(-1);
  });
});

function someOf(roll: () => number): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(VALUES).filter(() => roll() < 0.2));
}

function byTrace(spans: readonly Span[]): ReadonlyMap<string, readonly Span[]> {
  const traces = new Map<string, Span[]>();
  for (const span of spans) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
  return traces;
}
