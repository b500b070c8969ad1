/** The part of a trace that is in view, from its start. */
export interface View {
  readonly fromNs: number;
  readonly toNs: number;
}

/** A view is never narrower than this: a microsecond still has pixels. */
const MIN_VIEW_NS = 1000;

/** Per cent of the width at which `ns` lies; outside 0..100 when it is out of view. */
export function toPct(view: View, ns: number): number {
  return ((ns - view.fromNs) / (view.toNs - view.fromNs)) * 100;
}

/** A view inside the trace; the wrong way round is turned, too narrow is widened. */
export function clampView(a: number, b: number, durationNs: number): View {
  const whole = Math.max(durationNs, MIN_VIEW_NS);
  const from = Math.max(0, Math.min(a, b));
  const to = Math.min(whole, Math.max(a, b));
  if (to - from >= MIN_VIEW_NS) return { fromNs: from, toNs: to };
  const start = Math.max(0, Math.min(from, whole - MIN_VIEW_NS));
  return { fromNs: start, toNs: start + MIN_VIEW_NS };
}

/** Round instants inside the view, about `count` of them: steps of 1, 2 or 5 times a power of ten. */
export function ticks(view: View, count: number): readonly number[] {
  const rough = (view.toNs - view.fromNs) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const first = Math.ceil(view.fromNs / step);
  const last = Math.floor(view.toNs / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}
