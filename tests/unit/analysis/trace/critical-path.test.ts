import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { criticalPath } from '#analysis/trace/critical-path.ts';
import { type Span, spanId } from '#telemetry/span.ts';
import { elapsedNs, unixNano } from '#telemetry/time.ts';
import { traceFromText } from '#tests/support/trace-from-text.ts';

function pathOf(spans: readonly Span[], tolerance?: number): string {
  const service = new Map(spans.map((span) => [span.spanId, span.service]));
  return criticalPath(spans, tolerance)
    .sections.map(
      (part) => `${service.get(part.spanId)}:${elapsedNs(part.startUnixNano, part.endUnixNano)}`,
    )
    .join(' ');
}

describe('criticalPath', () => {
  it('follows the slower of two calls made together', () => {
    const spans = traceFromText(`
      gateway      |=============|
        playlist      |==|
        song          |=======|
    `);
    expect(pathOf(spans)).toBe('gateway:3 song:8 gateway:3');
  });

  it('takes calls made one after the other, and what lies between as the caller’s own', () => {
    const spans = traceFromText(`
      gateway      |=============|
        login        |==|
        song              |===|
    `);
    expect(pathOf(spans)).toBe('gateway:2 login:3 gateway:2 song:4 gateway:3');
  });

  it('cuts a child that outlives its parent', () => {
    const spans = traceFromText(`
      gateway      |=======|
        song          |========|
    `);
    expect(pathOf(spans)).toBe('gateway:3 song:5');
  });

  it('leaves out a child that lies wholly outside its parent, with its subtree', () => {
    const spans = traceFromText(`
      gateway      |===|
        song              |====|
          artist           |==|
    `);
    expect(pathOf(spans)).toBe('gateway:4');
  });

  it('does not wait for the consumer of a message', () => {
    const spans = traceFromText(`
      gateway      |=========|
        queue         |====|
          worker        |==|
    `).map((span) => ({
      ...span,
      kind:
        span.service === 'queue'
          ? ('producer' as const)
          : span.service === 'worker'
            ? ('consumer' as const)
            : span.kind,
    }));
    expect(pathOf(spans)).toBe('gateway:3 queue:5 gateway:2');
  });

  it('has a path for each root', () => {
    const spans = traceFromText(`
      gateway      |===|
      song                |==|
    `);
    expect(pathOf(spans)).toBe('gateway:4 song:3');
  });

  it('covers the root exactly with sections at tolerance 0, whatever the order of the spans', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const spans = randomTrace(seed);
      const { sections } = criticalPath(spans, 0);
      const root = spans[0]!;
      let cursor = root.startUnixNano as bigint;
      for (const section of sections) {
        expect(section.startUnixNano).toBe(cursor);
        cursor = section.endUnixNano;
      }
      expect(cursor).toBe(root.endUnixNano);
      expect(criticalPath([...spans].reverse(), 0).sections).toEqual(sections);
    }
  });

  it('ends on a ring of parents', () => {
    const [a, b] = traceFromText(`
      a |====|
        b |==|
    `);
    const ring = [{ ...a!, parentSpanId: b!.spanId }, b!];
    expect(pathOf(ring)).toBe('a:2 b:3');
  });
});

const crisp = new URL('../../../../../shared/data/crisp/', import.meta.url);

describe('criticalPath on the cases of CRISP', () => {
  for (let number = 1; number <= 12; number++) {
    const file = new URL(`${number}.json`, crisp);
    const isHere = existsSync(file);
    const note = isHere ? '' : ' (not run: no shared data)';
    it.skipIf(!isHere)(`agrees with case ${number}${note}`, () => {
      const { spans, expected, names } = readCase(file);
      const { exclusiveNs } = criticalPath(spans);
      const byOperation = new Map<string, number>();
      for (const [id, ns] of exclusiveNs) {
        const name = names.get(id) ?? '';
        byOperation.set(name, (byOperation.get(name) ?? 0) + ns);
      }
      const found = Object.fromEntries([...byOperation].filter(([, ns]) => ns > 0));
      expect(found).toEqual(expected);
    });
  }
});

interface JaegerSpan {
  readonly spanID: string;
  readonly operationName: string;
  readonly startTime: number;
  readonly duration: number;
  readonly processID: string;
  readonly references?: readonly { readonly spanID: string }[];
}

function readCase(file: URL) {
  const body = JSON.parse(readFileSync(file, 'utf8'));
  const { spans, processes } = body.data[0] as {
    spans: readonly JaegerSpan[];
    processes: Record<string, { serviceName: string }>;
  };
  const base = traceFromText('s |=|')[0]!;
  const testing = Array.isArray(body.testing) ? body.testing[0] : body.testing;
  const expected = Object.entries<number>(testing.opTimeExclusive ?? testing).filter(
    ([, ns]) => ns > 0,
  );
  return {
    expected: Object.fromEntries(expected),
    names: new Map(
      spans.map((span) => [
        spanId(span.spanID),
        `[${processes[span.processID]?.serviceName}] ${span.operationName}`,
      ]),
    ),
    spans: spans.map((span): Span => {
      const parent = span.references?.[0]?.spanID;
      const { parentSpanId, ...rest } = base;
      return {
        ...rest,
        spanId: spanId(span.spanID),
        ...(parent === undefined ? {} : { parentSpanId: spanId(parent) }),
        startUnixNano: unixNano(BigInt(span.startTime)),
        endUnixNano: unixNano(BigInt(span.startTime + span.duration)),
      };
    }),
  };
}

/** A tree of up to 30 spans; children may stick out of their parents on either side. */
function randomTrace(seed: number): readonly Span[] {
  let state = seed;
  const roll = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  const base = traceFromText('root |=|')[0]!;
  const spans: Span[] = [{ ...base, startUnixNano: unixNano(100n), endUnixNano: unixNano(1100n) }];
  for (let index = 1; index < 5 + roll(25); index++) {
    const parent = spans[roll(spans.length)]!;
    const start = Number(parent.startUnixNano) + roll(200) - 20;
    spans.push({
      ...base,
      spanId: spanId((index + 1).toString(16).padStart(16, '0')),
      parentSpanId: parent.spanId,
      startUnixNano: unixNano(BigInt(start)),
      endUnixNano: unixNano(BigInt(start + 1 + roll(300))),
    });
  }
  return spans;
}
