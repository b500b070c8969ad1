import type { IngestSnapshot } from '#telemetry/ingest-health.ts';
import type { UnixSecond } from '#telemetry/time.ts';
import type { Database } from '../client.ts';
import { queryRows } from '../query-rows.ts';

/** Replaces what the ingester of this name said before. */
export async function writeIngestHealth(
  db: Database,
  ingester: string,
  second: UnixSecond,
  snapshot: IngestSnapshot,
): Promise<void> {
  await queryRows(db)`
    insert into ingest_health (ingester, updated_second, counters)
    values (${ingester}, ${second}, ${JSON.stringify(snapshot)})
    on conflict (ingester) do update
    set updated_second = excluded.updated_second, counters = excluded.counters`;
}
