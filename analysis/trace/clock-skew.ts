import { buildTrace } from '#analysis/trace/build-trace.ts';
import type { Span, SpanId } from '#telemetry/span.ts';
import { elapsedNs } from '#telemetry/time.ts';

/**
 * How far the clock of each span's process must be moved so that no answer begins before its question. Only spans that
 * need moving are in the map: a clock that cannot be told wrong is taken to be right.
 *
 * The server's span is put in the middle of its client's: what is left is taken to be equal ways there and back, as
 * NTP does (RFC 5905 §8).
 */
export function clockOffsetsNs(spans: readonly Span[]): ReadonlyMap<SpanId, number> {
  const { roots, children } = buildTrace(spans);
  const offsets = new Map<SpanId, number>();
  const open = roots.map((span) => ({ span, offsetNs: 0 }));
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const { span, offsetNs } = item;
    if (offsetNs !== 0) offsets.set(span.spanId, offsetNs);
    for (const child of children.get(span.spanId) ?? []) {
      const own = sameClock(span, child) ? offsetNs : neededOffsetNs(span, offsetNs, child);
      open.push({ span: child, offsetNs: own });
    }
  }
  return offsets;
}

function sameClock(a: Span, b: Span): boolean {
  return a.service === b.service && a.instance === b.instance;
}

function neededOffsetNs(parent: Span, parentOffsetNs: number, child: Span): number {
  const earlyNs = elapsedNs(child.startUnixNano, parent.startUnixNano) + parentOffsetNs;
  const lateNs = elapsedNs(parent.endUnixNano, child.endUnixNano) - parentOffsetNs;
  // One that outlives its caller may do so rightly (a time-out): only an answer before its question proves a wrong clock.
  if (earlyNs <= 0) return 0;
  const slackNs = -lateNs - earlyNs;
  return slackNs > 0 ? earlyNs + slackNs / 2 : earlyNs;
}
