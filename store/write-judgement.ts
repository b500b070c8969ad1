import type { Incident } from '#analysis/incident/incident.ts';
import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import type { Database } from '#store/client.ts';
import {
  type ControlPlaneChanges,
  writeControlPlane,
} from '#store/control-plane/write-control-plane.ts';
import { writeIncident } from '#store/incidents/write-incident.ts';
import { writeRoutingShifts } from '#store/routing-shifts/write-routing-shifts.ts';
import type { UnixSecond } from '#telemetry/time.ts';

/** Everything that one closed second led to. */
export interface Judgement {
  readonly second: UnixSecond;
  readonly controlPlane: ControlPlaneChanges;
  readonly shifts: readonly RoutingShift[];
  readonly incident: Incident | undefined;
}

/** Prisma's own 5 s are few for a machine that is short of everything, as in an incident. */
const LIMITS = { maxWait: 10_000, timeout: 30_000 };

/** All or nothing, with the mark up to where it was judged: an analyzer that was killed goes on behind the mark. */
export async function writeJudgement(db: Database, judgement: Judgement): Promise<void> {
  const judgedSecond = BigInt(judgement.second);
  const updatedUnixMs = BigInt(Date.now());
  await db.prisma.$transaction(async (tx) => {
    await writeControlPlane(tx, judgement.second, judgement.controlPlane);
    await writeRoutingShifts(tx, judgement.shifts);
    if (judgement.incident !== undefined) await writeIncident(tx, judgement.incident);
    await tx.analyzerState.upsert({
      where: { id: 1 },
      create: { id: 1, judgedSecond, updatedUnixMs },
      update: { judgedSecond, updatedUnixMs },
    });
  }, LIMITS);
}

/** What the open second showed, with the incident it belongs to, if any; no second is marked as judged. */
export async function writeNewShifts(
  db: Database,
  shifts: readonly RoutingShift[],
  incident: Incident | undefined,
): Promise<void> {
  await db.prisma.$transaction(async (tx) => {
    await writeRoutingShifts(tx, shifts);
    if (incident !== undefined) await writeIncident(tx, incident);
  }, LIMITS);
}
