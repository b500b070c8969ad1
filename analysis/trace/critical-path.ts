import { buildTrace, type Trace } from '#analysis/trace/build-trace.ts';
import type { Span, SpanId } from '#telemetry/span.ts';
import { elapsedNs, type UnixNano } from '#telemetry/time.ts';

/** A stretch of the path during which one span did its own work. */
export interface PathSection {
  readonly spanId: SpanId;
  readonly startUnixNano: UnixNano;
  readonly endUnixNano: UnixNano;
}

export interface CriticalPath {
  /** By time; a trace with several roots has a path for each. */
  readonly sections: readonly PathSection[];
  /** Own time of each span on the path: its length without that of its critical children, never negative. */
  readonly exclusiveNs: ReadonlyMap<SpanId, number>;
}

/** Siblings that overlap by less than this share of their parent count as one after the other. */
const SERIAL_TOLERANCE = 0.01;

/**
 * The chain of work that decided when a trace ended, walked back from its end: the child that finishes last, then the
 * latest sibling that happens before it, and so on; what no critical child covers is the parent's own.
 *
 *   gateway    ■■|=============|■■
 *     playlist   |====|                 off the path: song outlives it
 *     song       |■■■■■■■■■■■■■|
 *
 * CRISP (Zhang et al., USENIX ATC 2022) §4; `tolerance` 0 asks for siblings that end strictly before the next begins.
 */
export function criticalPath(
  spans: readonly Span[],
  tolerance: number = SERIAL_TOLERANCE,
): CriticalPath {
  const trace = buildTrace(spans);
  const sections: PathSection[] = [];
  const exclusiveNs = new Map<SpanId, number>();
  // A list of what is left instead of recursion: a trace may be as deep as it is long.
  const open = trace.roots.map(unclipped);
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    const critical = criticalChildren(step, childrenOf(trace, step), tolerance);
    const spent = critical.reduce((sum, child) => sum + lengthNs(child), 0);
    exclusiveNs.set(step.span.spanId, Math.max(0, lengthNs(step) - spent));
    sections.push(...ownSections(step, critical));
    open.push(...critical);
  }
  sections.sort((a, b) => elapsedNs(b.startUnixNano, a.startUnixNano));
  return { sections, exclusiveNs };
}

/** A span with the part of it that lies inside its parent. */
interface Step {
  readonly span: Span;
  readonly start: UnixNano;
  readonly end: UnixNano;
}

function unclipped(span: Span): Step {
  const end = span.endUnixNano < span.startUnixNano ? span.startUnixNano : span.endUnixNano;
  return { span, start: span.startUnixNano, end };
}

/** Children that the parent may have waited for, cut to its bounds; those wholly outside are left out. */
function childrenOf(trace: Trace, parent: Step): readonly Step[] {
  return (trace.children.get(parent.span.spanId) ?? []).flatMap((span) => {
    // Nobody waits for the consumer of a message.
    if (parent.span.kind === 'producer' && span.kind === 'consumer') return [];
    const child = unclipped(span);
    if (child.end < parent.start || child.start > parent.end) return [];
    return [
      {
        span,
        start: child.start < parent.start ? parent.start : child.start,
        end: child.end > parent.end ? parent.end : child.end,
      },
    ];
  });
}

/** Last first. */
function criticalChildren(
  parent: Step,
  children: readonly Step[],
  tolerance: number,
): readonly Step[] {
  const byEnd = [...children].sort(lastFirst);
  const critical: Step[] = [];
  for (const child of byEnd) {
    const next = critical.at(-1);
    if (next === undefined || happensBefore(child, next, parent, children, tolerance)) {
      critical.push(child);
    }
  }
  return critical;
}

function happensBefore(
  child: Step,
  next: Step,
  parent: Step,
  siblings: readonly Step[],
  tolerance: number,
): boolean {
  if (child.end < next.start) return true;
  if (tolerance === 0) return false;
  if (child.end === next.start) return true;
  if (child.start >= next.start || child.end >= next.end) return false;
  const overlapNs = elapsedNs(next.start, child.end);
  if (overlapNs >= tolerance * lengthNs(parent)) return false;
  const inOverlap = (instant: UnixNano): boolean => instant > next.start && instant < child.end;
  return !siblings.some(
    (other) =>
      other !== child && other !== next && (inOverlap(other.start) || inOverlap(other.end)),
  );
}

function ownSections(step: Step, critical: readonly Step[]): readonly PathSection[] {
  const sections: PathSection[] = [];
  let cursor = step.end;
  const add = (from: UnixNano): void => {
    if (from < cursor) {
      sections.push({ spanId: step.span.spanId, startUnixNano: from, endUnixNano: cursor });
    }
  };
  for (const child of critical) {
    add(child.end);
    cursor = child.start;
  }
  add(step.start);
  return sections;
}

/** Of two that end together the longer one was waited for. */
function lastFirst(a: Step, b: Step): number {
  return (
    elapsedNs(a.end, b.end) ||
    elapsedNs(b.start, a.start) ||
    (a.span.spanId < b.span.spanId ? -1 : 1)
  );
}

function lengthNs(step: Step): number {
  return elapsedNs(step.start, step.end);
}
