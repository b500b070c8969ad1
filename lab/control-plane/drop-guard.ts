import type { MeshService } from '#lab/control-plane/mesh-model.ts';
import { removedNames, type View } from '#lab/control-plane/view.ts';
import { XDS_TYPES } from '#telemetry/xds-type.ts';

interface Guarded {
  readonly services: readonly MeshService[];
  readonly proxyless: View;
}

/**
 * Why a step would take away too much at once; empty when it would not. Removals of that size are mostly mistakes
 * (Traffic Director, 8 March 2022), so they need a confirmation.
 */
export function exceedsDropGuard(
  previous: Guarded,
  next: Guarded,
  maxPercent: number,
): readonly string[] {
  const reasons: string[] = [];
  for (const type of XDS_TYPES) {
    const before = previous.proxyless[type].entries.size;
    const removed = removedNames(previous.proxyless, next.proxyless, type).length;
    if (exceeds(removed, before, maxPercent))
      reasons.push(`it removes ${removed} of ${before} ${type} resources (guard: ${maxPercent} %)`);
  }
  const before = countEndpoints(previous.services);
  const removed = before - countEndpoints(next.services);
  if (exceeds(removed, before, maxPercent))
    reasons.push(`it removes ${removed} of ${before} endpoints (guard: ${maxPercent} %)`);
  return reasons;
}

function exceeds(removed: number, before: number, maxPercent: number): boolean {
  return before > 0 && (removed / before) * 100 > maxPercent;
}

function countEndpoints(services: readonly MeshService[]): number {
  return services.reduce((sum, service) => sum + service.endpoints.length, 0);
}
