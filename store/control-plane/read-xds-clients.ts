import type { XdsClient } from '#analysis/control-plane/xds-client.ts';
import type { Database } from '#store/client.ts';
import { fromInstantsJson } from '#store/instants-json.ts';
import {
  secondOf,
  type TimeWindow,
  type UnixNano,
  type UnixSecond,
  unixSecond,
} from '#telemetry/time.ts';

export interface XdsClientChange {
  readonly second: UnixSecond;
  readonly client: XdsClient;
}

/** Older states belong to clients that are long gone. */
const LOOKBACK_SECONDS = 24 * 3600;

interface ChangeRow {
  readonly second: bigint;
  readonly state: unknown;
}

/**
 * The state of each client at `atUnixNano`, by id. States are kept when they change: one that is not silent has reported
 * up to `judgedUnixNano`, the end of the last judged second, or up to `atUnixNano` if that is earlier.
 */
export async function readXdsClientsAt(
  db: Database,
  atUnixNano: UnixNano,
  judgedUnixNano: UnixNano = atUnixNano,
): Promise<readonly XdsClient[]> {
  const at = BigInt(secondOf(atUnixNano));
  const rows = await db.prisma.$queryRaw<ChangeRow[]>`
    select distinct on (client_id) second, state from xds_client_change
    where second <= ${at} and second > ${at - BigInt(LOOKBACK_SECONDS)}
    order by client_id, second desc`;
  const reported = atUnixNano < judgedUnixNano ? atUnixNano : judgedUnixNano;
  return rows.map((row) => {
    const { client } = toChange(row);
    const isNewer = client.lastReportUnixNano < reported;
    return client.isSilent || !isNewer ? client : { ...client, lastReportUnixNano: reported };
  });
}

/** Ascending; a state holds until the next one of the same client. */
export async function readXdsClientChanges(
  db: Database,
  window: TimeWindow,
): Promise<readonly XdsClientChange[]> {
  const from = BigInt(secondOf(window.startUnixNano));
  const to = BigInt(secondOf(window.endUnixNano));
  const rows = await db.prisma.$queryRaw<ChangeRow[]>`
    select second, state from xds_client_change
    where second >= ${from} and second < ${to} order by second, client_id`;
  return rows.map(toChange);
}

function toChange(row: ChangeRow): XdsClientChange {
  return {
    second: unixSecond(Number(row.second)),
    client: fromInstantsJson<XdsClient>(row.state),
  };
}
