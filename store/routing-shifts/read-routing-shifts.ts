import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import type { Database } from '#store/client.ts';
import type { RoutingShift as RoutingShiftRow } from '#store/generated/client.ts';
import { type TimeWindow, unixNano } from '#telemetry/time.ts';

/** Shifts whose instant lies inside `window`, ascending. */
export async function readRoutingShifts(
  db: Database,
  window: TimeWindow,
): Promise<readonly RoutingShift[]> {
  const rows = await db.prisma.routingShift.findMany({
    where: { atUnixNano: { gte: window.startUnixNano, lt: window.endUnixNano } },
    orderBy: [{ atUnixNano: 'asc' }, { id: 'asc' }],
  });
  return rows.map(toShift);
}

function toShift(row: RoutingShiftRow): RoutingShift {
  const { completedUnixNano } = row;
  return {
    id: row.id,
    client: row.client,
    server: row.server,
    direction: row.direction as RoutingShift['direction'],
    firstSeenUnixNano: unixNano(row.firstSeenUnixNano),
    atUnixNano: unixNano(row.atUnixNano),
    fromUnixNano: unixNano(row.fromUnixNano),
    toUnixNano: unixNano(row.toUnixNano),
    ...(completedUnixNano === null ? {} : { completedUnixNano: unixNano(completedUnixNano) }),
    shareBefore: row.shareBefore,
    shareAfter: row.shareAfter,
    detectedUnixNano: unixNano(row.detectedUnixNano),
  };
}
