import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import type { PrismaClient } from '#store/generated/client.ts';

/** Part of a caller's transaction; a shift written again is moved on. */
export async function writeRoutingShifts(
  tx: Pick<PrismaClient, 'routingShift'>,
  shifts: readonly RoutingShift[],
): Promise<void> {
  for (const shift of shifts) {
    const row = { ...shift, completedUnixNano: shift.completedUnixNano ?? null };
    await tx.routingShift.upsert({ where: { id: row.id }, create: row, update: row });
  }
}
