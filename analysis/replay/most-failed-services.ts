import type { ReplayTimeline } from './timeline.ts';

/** The services whose callers failed most in the whole replay, at most `limit` of them; none where nothing failed. */
export function mostFailedServices(
  timeline: Pick<ReplayTimeline, 'edges' | 'errors' | 'frames'>,
  limit: number,
): ReadonlySet<string> {
  const failed = new Map<string, number>();
  timeline.edges.forEach(({ server }, index) => {
    const start = index * timeline.frames;
    let errors = 0;
    for (let at = start; at < start + timeline.frames; at++) errors += timeline.errors[at] ?? 0;
    if (errors > 0) failed.set(server, (failed.get(server) ?? 0) + errors);
  });
  const worstFirst = [...failed].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return new Set(worstFirst.slice(0, limit).map(([service]) => service));
}
