import type { IngestSnapshot } from '#telemetry/ingest-health.ts';
import { type UnixSecond, unixSecond } from '#telemetry/time.ts';
import type { Database } from '../client.ts';
import { queryRows } from '../query-rows.ts';

export interface IngestHealth {
  readonly ingester: string;
  /** An ingester writes each second: what is older is not running, or cannot reach the store. */
  readonly updatedSecond: UnixSecond;
  readonly snapshot: IngestSnapshot;
}

interface HealthRow {
  readonly ingester: string;
  readonly updated_second: number;
  readonly counters: IngestSnapshot;
}

/** What each ingester last said about itself, by name; those that ended long ago as well. */
export async function readIngestHealth(db: Database): Promise<readonly IngestHealth[]> {
  const rows = await queryRows(db)<HealthRow>`
    select ingester, updated_second::float8 as updated_second, counters
    from ingest_health order by ingester`;
  return rows.map((row) => ({
    ingester: row.ingester,
    updatedSecond: unixSecond(row.updated_second),
    snapshot: row.counters,
  }));
}
