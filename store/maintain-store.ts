import type { TimeWindow } from '#telemetry/time.ts';
import { deriveSteps } from './call-edges/derive-steps.ts';
import type { Database, Shard } from './client.ts';
import { forgetOld } from './forget-old.ts';
import { dayOf } from './partitions.ts';
import { dropOldDays, fitIntoBudget } from './retention.ts';
import { type Compaction, compactSegments } from './spans/compact-segments.ts';

export interface MaintenanceSettings {
  /** Spans and metric points of older days of arrival are dropped. */
  readonly keepDays: number;
  /** Roll-ups live longer than spans. */
  readonly keepRollUpDays: number;
  /** Of each database: its oldest spans go when it grows past this. */
  readonly maxDiskBytes?: number;
  /** Windows of incidents: their spans and roll-ups stay. */
  readonly pinned: readonly TimeWindow[];
  readonly nowMs: number;
}

export interface Maintenance {
  readonly compactions: readonly Compaction[];
  /** Minutes and ten minutes that were summed up anew. */
  readonly derivedSteps: number;
  readonly droppedDays: readonly number[];
  readonly droppedSegments: number;
}

/** As much as there is to merge, but not longer at once: others need the disk too, and retention its turn. */
const COMPACTION_MS = 15_000;

/**
 * Merges settled segments, drops what is too old or too much, forgets what nobody needs; on each shard by itself, so that
 * one that is away keeps nothing from the others. Safe to call from several processes, at any time and as often as wanted;
 * each call does a bounded part of what there is to do.
 */
export async function maintainStore(
  db: Database,
  settings: MaintenanceSettings,
): Promise<Maintenance> {
  const done = await Promise.allSettled(db.shards.map((shard) => maintainShard(shard, settings)));
  const parts = done.map((part) => {
    if (part.status === 'rejected') throw part.reason;
    return part.value;
  });
  return {
    compactions: parts.flatMap(({ compactions }) => compactions),
    derivedSteps: parts.reduce((sum, { derivedSteps }) => sum + derivedSteps, 0),
    droppedDays: [...new Set(parts.flatMap(({ droppedDays }) => droppedDays))],
    droppedSegments: parts.reduce((sum, { droppedSegments }) => sum + droppedSegments, 0),
  };
}

async function maintainShard(db: Shard, settings: MaintenanceSettings): Promise<Maintenance> {
  const compactions: Compaction[] = [];
  const until = performance.now() + COMPACTION_MS;
  while (performance.now() < until) {
    const compaction = await compactSegments(db, settings.nowMs);
    if (compaction === undefined) break;
    compactions.push(compaction);
  }
  const derivedSteps = await deriveSteps(db, settings.nowMs);
  const oldestDay = dayOf(settings.nowMs) - settings.keepDays;
  const droppedDays = await dropOldDays(db, oldestDay, settings.pinned);
  const budget = await fitIntoBudget(db, settings);
  await forgetOld(db, settings);
  return {
    compactions,
    derivedSteps,
    droppedDays: [...droppedDays, ...budget.droppedDays],
    droppedSegments: budget.droppedSegments,
  };
}
