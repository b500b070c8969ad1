import type { Database } from '#store/client.ts';
import { forgetControlPlane } from '#store/control-plane/forget-control-plane.ts';
import { readIncidents } from '#store/incidents/read-incidents.ts';
import { maintainStore } from '#store/maintain-store.ts';
import { addNs, fromUnixMs, NS_PER_SECOND, type TimeWindow, unixSecond } from '#telemetry/time.ts';

const EVERY_MS = 30_000;
const SECONDS_PER_DAY = 86_400;
/** Roll-ups are small: their history is kept so many times longer than spans. */
const ROLL_UP_FACTOR = 4;
/** What a replay shows around an incident. */
const PIN_BEFORE_NS = 120 * NS_PER_SECOND;
const PIN_AFTER_NS = 60 * NS_PER_SECOND;

export interface Retention {
  readonly keepDays: number;
  readonly maxDiskBytes: number;
}

/** Compaction and retention now and then; what belongs to an incident stays. The returned function ends it. */
export function maintainRegularly(db: Database, retention: Retention): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(() => maintainOnce(db, retention)).catch(report);
  }, EVERY_MS);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

async function maintainOnce(db: Database, retention: Retention): Promise<void> {
  const nowMs = Date.now();
  const keepRollUpDays = retention.keepDays * ROLL_UP_FACTOR;
  const pinned = await incidentWindows(db, nowMs);
  await maintainStore(db, { ...retention, keepRollUpDays, pinned, nowMs });
  const oldest = Math.floor(nowMs / 1000) - keepRollUpDays * SECONDS_PER_DAY;
  await forgetControlPlane(db, unixSecond(oldest), pinned);
}

async function incidentWindows(db: Database, nowMs: number): Promise<readonly TimeWindow[]> {
  const incidents = await readIncidents(db);
  return incidents.map((incident) => ({
    startUnixNano: addNs(incident.startUnixNano, -PIN_BEFORE_NS),
    endUnixNano: addNs(incident.endUnixNano ?? fromUnixMs(nowMs), PIN_AFTER_NS),
  }));
}

/** The next turn tries again: nothing is lost by a turn left out. */
function report(error: unknown): void {
  process.stderr.write(`maintenance failed: ${String(error)}\n`);
}
