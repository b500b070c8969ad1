import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import { readRoutingShifts } from '#store/routing-shifts/read-routing-shifts.ts';
import type { TimeWindow } from '#telemetry/time.ts';
import { database } from './database.ts';

/** Ascending. */
export async function loadShifts(window: TimeWindow): Promise<readonly RoutingShift[]> {
  return readRoutingShifts(database(), window);
}
