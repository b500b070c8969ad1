import type { SpanBatch } from '#telemetry/span-batch.ts';
import { selectSpans } from './select-spans.ts';

/** One span where it lies. */
export interface PlacedSpan {
  readonly batch: SpanBatch;
  readonly i: number;
}

/** Spans by span id within their traces; ids as they are, in latin1. */
export type Traces = Map<string, Map<string, PlacedSpan>>;

export interface GatheredSpans {
  /** Traces by their first span, each span once. */
  readonly traces: Traces;
  /** What came again, and so was counted again. */
  readonly repeats: readonly PlacedSpan[];
  /** Others under an id that was taken: as when client and server share one. They are not kept, and were counted rightly. */
  readonly namesakes: number;
}

export function gatherSpans(batches: readonly SpanBatch[]): GatheredSpans {
  const traces: Traces = new Map();
  const repeats: PlacedSpan[] = [];
  let namesakes = 0;
  for (const batch of batches) {
    const traceIds = Buffer.from(batch.traceIds.buffer, batch.traceIds.byteOffset);
    const spanIds = Buffer.from(batch.spanIds.buffer, batch.spanIds.byteOffset);
    for (let i = 0; i < batch.count; i++) {
      const trace = traceIds.toString('latin1', i * 16, i * 16 + 16);
      const span = spanIds.toString('latin1', i * 8, i * 8 + 8);
      const spans = traces.get(trace) ?? new Map<string, PlacedSpan>();
      traces.set(trace, spans);
      const known = spans.get(span);
      if (known === undefined) spans.set(span, { batch, i });
      else if (isSameSpan(known, { batch, i })) repeats.push({ batch, i });
      else namesakes++;
    }
  }
  return { traces, repeats, namesakes };
}

/** Of two spans with the same ids. */
export function isSameSpan(a: PlacedSpan, b: PlacedSpan): boolean {
  return (
    a.batch.startLow[a.i] === b.batch.startLow[b.i] &&
    a.batch.startHigh[a.i] === b.batch.startHigh[b.i] &&
    a.batch.durationNs[a.i] === b.batch.durationNs[b.i] &&
    a.batch.kind[a.i] === b.batch.kind[b.i] &&
    a.batch.groups[a.batch.groupOf[a.i] as number]?.service ===
      b.batch.groups[b.batch.groupOf[b.i] as number]?.service
  );
}

/** The same spans as batches of their own. */
export function asBatches(spans: readonly PlacedSpan[]): readonly SpanBatch[] {
  const byBatch = new Map<SpanBatch, number[]>();
  for (const { batch, i } of spans) {
    const indexes = byBatch.get(batch) ?? [];
    byBatch.set(batch, indexes);
    indexes.push(i);
  }
  return [...byBatch].map(([batch, indexes]) =>
    selectSpans(
      batch,
      indexes.sort((a, b) => a - b),
    ),
  );
}
