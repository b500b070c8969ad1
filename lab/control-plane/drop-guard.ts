import { ownerOf } from '#lab/control-plane/hold-back.ts';
import type { MeshService } from '#lab/control-plane/mesh-model.ts';
import { removedNames, type View } from '#lab/control-plane/view.ts';
import type { Resource } from '#lab/xds/resources.ts';
import { XDS_TYPES } from '#telemetry/xds-type.ts';

interface Guarded {
  readonly services: readonly MeshService[];
  readonly proxyless: View;
  /** By load assignment, as clients would get them. */
  readonly endpointCounts: ReadonlyMap<string, number>;
}

/** A step that was not published, or not all of it. */
export interface HeldBack {
  /** Never empty. */
  readonly reasons: readonly string[];
  /** Services that clients would have lost by it. */
  readonly names: readonly string[];
  /** Services that the reasons are about: those alone have to wait. Empty when that cannot be told. */
  readonly concerned: ReadonlySet<string>;
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
  const emptied = [...previous.endpointCounts.keys()].filter(
    (name) => countOf(previous, name) > 0 && countOf(next, name) === 0,
  );
  const removals = [
    ...lostResources(previous, next, maxPercent),
    ...emptied.map((name) => ({
      reason: `it removes ${countOf(previous, name)} of ${countOf(previous, name)} endpoints of ${name}`,
      services: [name],
    })),
    ...(emptied.length === 0 ? lostEndpoints(previous, next, maxPercent) : []),
  ];
  if (removals.length === 0) return undefined;
  const lost = removedNames(previous.proxyless, next.proxyless, 'LDS');
  return {
    reasons: removals.map(({ reason }) => reason),
    names: [...new Set([...lost, ...emptied])].sort(),
    concerned: new Set(removals.flatMap(({ services }) => services)),
  };
}

interface Removal {
  readonly reason: string;
  /** That it takes from. */
  readonly services: readonly string[];
}

function lostResources(previous: Guarded, next: Guarded, maxPercent: number): readonly Removal[] {
  return XDS_TYPES.flatMap((type) => {
    const before = previous.proxyless[type].entries.size;
    const names = removedNames(previous.proxyless, next.proxyless, type);
    if (!exceeds(names.length, before, maxPercent)) return [];
    return {
      reason: `it removes ${names.length} of ${before} ${type} resources (guard: ${maxPercent} %)`,
      services: names.map((name) => ownerOf(name, previous.services) ?? name),
    };
  });
}

function lostEndpoints(previous: Guarded, next: Guarded, maxPercent: number): readonly Removal[] {
  const before = sum(previous.endpointCounts);
  const removed = before - sum(next.endpointCounts);
  if (!exceeds(removed, before, maxPercent)) return [];
  const names = [...previous.endpointCounts.keys()];
  return [
    {
      reason: `it removes ${removed} of ${before} endpoints (guard: ${maxPercent} %)`,
      services: names.filter((name) => countOf(next, name) < countOf(previous, name)),
    },
  ];
}

function countOf({ endpointCounts }: Guarded, name: string): number {
  return endpointCounts.get(name) ?? 0;
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
