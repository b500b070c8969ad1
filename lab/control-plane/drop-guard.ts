import { removedNames, type View } from '#lab/control-plane/view.ts';
import type { Resource } from '#lab/xds/resources.ts';
import { XDS_TYPES } from '#telemetry/xds-type.ts';

interface Guarded {
  readonly proxyless: View;
  /** By load assignment, as clients would get them. */
  readonly endpointCounts: ReadonlyMap<string, number>;
}

/** A step that was not published. */
export interface HeldBack {
  /** Never empty. */
  readonly reasons: readonly string[];
  /** Services that clients would have lost by it. */
  readonly names: readonly string[];
}

/**
 * Why a step would take away too much at once; undefined when it would not. Removals of that size are mostly mistakes
 * (Traffic Director, 8 March 2022), so they need a confirmation. Judged by what clients would be sent, whatever made it
 * so; a service that would lose all its endpoints counts, however few they are.
 */
export function exceedsDropGuard(
  previous: Guarded,
  next: Guarded,
  maxPercent: number,
): HeldBack | undefined {
  const reasons: string[] = [];
  for (const type of XDS_TYPES) {
    const before = previous.proxyless[type].entries.size;
    const removed = removedNames(previous.proxyless, next.proxyless, type).length;
    if (exceeds(removed, before, maxPercent))
      reasons.push(`it removes ${removed} of ${before} ${type} resources (guard: ${maxPercent} %)`);
  }
  const emptied = [...previous.endpointCounts].filter(
    ([name, count]) => count > 0 && (next.endpointCounts.get(name) ?? 0) === 0,
  );
  for (const [name, count] of emptied)
    reasons.push(`it removes ${count} of ${count} endpoints of ${name}`);
  const before = sum(previous.endpointCounts);
  const removed = before - sum(next.endpointCounts);
  if (emptied.length === 0 && exceeds(removed, before, maxPercent))
    reasons.push(`it removes ${removed} of ${before} endpoints (guard: ${maxPercent} %)`);
  if (reasons.length === 0) return undefined;
  const lost = removedNames(previous.proxyless, next.proxyless, 'LDS');
  return { reasons, names: [...new Set([...lost, ...emptied.map(([name]) => name)])].sort() };
}

export function countEndpoints(resources: readonly Resource[]): ReadonlyMap<string, number> {
  return new Map(
    resources.flatMap((resource) =>
      'cluster_name' in resource
        ? [
            [
              resource.cluster_name,
              (resource.endpoints ?? []).reduce(
                (count, locality) => count + (locality.lb_endpoints?.length ?? 0),
                0,
              ),
            ] as const,
          ]
        : [],
    ),
  );
}

function exceeds(removed: number, before: number, maxPercent: number): boolean {
  return before > 0 && (removed / before) * 100 > maxPercent;
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
