import type { Database } from '#store/client.ts';
import { queryRows } from '#store/query-rows.ts';
import { secondOf, type TimeWindow, type UnixSecond } from '#telemetry/time.ts';

/** Forgets what control planes, their clients and DNS servers said before `second`, but for the pinned windows. */
export async function forgetControlPlane(
  db: Database,
  second: UnixSecond,
  pinned: readonly TimeWindow[],
): Promise<void> {
  const starts = pinned.map((window) => secondOf(window.startUnixNano));
  const stops = pinned.map((window) => secondOf(window.endUnixNano));
  const query = queryRows(db);
  await query`
    delete from dns_second d where second < ${second} and not exists (
      select from unnest(${starts}::int8[], ${stops}::int8[]) as pin (start, stop)
      where d.second >= pin.start and d.second < pin.stop)`;
  await query`
    delete from xds_client_change c where second < ${second} and not exists (
      select from unnest(${starts}::int8[], ${stops}::int8[]) as pin (start, stop)
      where c.second >= pin.start and c.second < pin.stop)`;
  await query`
    delete from control_plane_change c where second < ${second} and not exists (
      select from unnest(${starts}::int8[], ${stops}::int8[]) as pin (start, stop)
      where c.second >= pin.start and c.second < pin.stop)`;
}
