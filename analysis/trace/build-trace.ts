import type { Span } from '#telemetry/span.ts';
import { elapsedNs } from '#telemetry/time.ts';

/** The spans of one trace as a forest. */
export interface Trace {
  readonly roots: readonly Span[];
  /** Children by parent, by start, then id. */
  readonly children: ReadonlyMap<string, readonly Span[]>;
  /** Spans whose parent has not arrived; they are among the roots. */
  readonly orphans: number;
}

/**
 * All spans of one trace, any order; a span twice counts once. A ring of parents (broken instrumentation) is cut at its
 * earliest span, which becomes a root.
 */
export function buildTrace(spans: readonly Span[]): Trace {
  const byId = new Map(spans.map((span) => [span.spanId as string, span]));
  const ordered = [...byId.values()].sort(byStart);
  const parentOf = (span: Span): Span | undefined =>
    span.parentSpanId === undefined || span.parentSpanId === span.spanId
      ? undefined
      : byId.get(span.parentSpanId);
  const children = new Map<string, Span[]>();
  const roots: Span[] = [];
  for (const span of ordered) {
    const parent = parentOf(span);
    if (parent === undefined) roots.push(span);
    else addChild(children, parent.spanId, span);
  }
  const reached = reach(roots, children);
  for (const span of ordered) {
    if (reached.has(span.spanId)) continue;
    roots.push(span);
    cutAbove(span, children);
    for (const id of reach([span], children)) reached.add(id);
  }
  const orphans = roots.filter(
    (span) => span.parentSpanId !== undefined && !byId.has(span.parentSpanId),
  ).length;
  return { roots: roots.sort(byStart), children, orphans };
}

function addChild(children: Map<string, Span[]>, parent: string, span: Span): void {
  const list = children.get(parent);
  if (list === undefined) children.set(parent, [span]);
  else list.push(span);
}

function cutAbove(span: Span, children: Map<string, Span[]>): void {
  const parent = span.parentSpanId;
  if (parent === undefined) return;
  children.set(
    parent,
    (children.get(parent) ?? []).filter((child) => child !== span),
  );
}

function reach(from: readonly Span[], children: ReadonlyMap<string, readonly Span[]>): Set<string> {
  const reached = new Set<string>();
  const open = [...from];
  for (let span = open.pop(); span !== undefined; span = open.pop()) {
    if (reached.has(span.spanId)) continue;
    reached.add(span.spanId);
    open.push(...(children.get(span.spanId) ?? []));
  }
  return reached;
}

function byStart(a: Span, b: Span): number {
  return elapsedNs(b.startUnixNano, a.startUnixNano) || (a.spanId < b.spanId ? -1 : 1);
}
