import type { TimeWindow } from '#telemetry/time.ts';
import { TEN_MINUTES } from './call-edges/steps.ts';
import type { Shard } from './client.ts';
import { secondsOf } from './roll-up-window.ts';

const SECONDS_PER_DAY = 86_400;
/** Longer than any exporter goes on repeating a request. */
const BODY_SECONDS = 2 * 3600;

/** Rows that are neither spans nor points: notes of bodies, old roll-ups, senders and series that fell silent. */
export async function forgetOld(
  db: Shard,
  settings: {
    readonly nowMs: number;
    readonly keepDays: number;
    readonly keepRollUpDays: number;
    readonly pinned: readonly TimeWindow[];
  },
): Promise<void> {
  const now = Math.floor(settings.nowMs / 1000);
  const oldest = now - settings.keepDays * SECONDS_PER_DAY;
  const oldestRollUp = now - settings.keepRollUpDays * SECONDS_PER_DAY;
  const windows = settings.pinned.map(secondsOf);
  const pinned = [windows.map(({ from }) => from), windows.map(({ to }) => to)];
  const { pool } = db;
  await pool.query('delete from ingested_body where arrived_second < $1', [now - BODY_SECONDS]);
  for (const table of ['call_edge_second', 'service_second']) {
    await pool.query(
      `delete from ${table} where second < $1 and not exists (
         select from unnest($2::int8[], $3::int8[]) as pin (start, stop)
         where second >= pin.start and second < pin.stop)`,
      [oldestRollUp, ...pinned],
    );
  }
  for (const table of ['call_edge_step', 'service_step', 'stale_step']) {
    await pool.query(
      `delete from ${table} where start < $1 and not exists (
         select from unnest($2::int8[], $3::int8[]) as pin (start, stop)
         where ${table}.start + step > pin.start and ${table}.start < pin.stop)`,
      [oldestRollUp - TEN_MINUTES, ...pinned],
    );
  }
  await pool.query('delete from attribute_value where last_second < $1', [oldest]);
  await pool.query('delete from service_instance where last_second < $1', [oldestRollUp]);
  await pool.query('delete from operation where last_second < $1', [oldestRollUp]);
  await pool.query('delete from peer_alias where last_second < $1', [oldestRollUp]);
  await pool.query(
    `delete from metric_series where last_second < $1 and not exists (
       select from metric_point_pinned p where p.series_id = metric_series.id)`,
    [oldest],
  );
}
