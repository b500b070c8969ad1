import type { DnsView, ServerView } from '#analysis/control-plane/xds-client.ts';
import type { Database } from '#store/client.ts';
import { fromInstantsJson } from '#store/instants-json.ts';
import {
  secondOf,
  startOfSecond,
  type TimeWindow,
  type UnixNano,
  type UnixSecond,
  unixSecond,
} from '#telemetry/time.ts';

export interface ControlPlaneChange {
  readonly second: UnixSecond;
  readonly server: ServerView;
}

export interface DnsReport {
  readonly second: UnixSecond;
  readonly dns: DnsView;
}

/** What the control plane had last said of itself at `atUnixNano`; undefined when it never had. */
export async function readServerViewAt(
  db: Database,
  atUnixNano: UnixNano,
): Promise<ServerView | undefined> {
  const row = await db.prisma.controlPlaneChange.findFirst({
    where: { second: { lte: BigInt(secondOf(atUnixNano)) } },
    orderBy: { second: 'desc' },
  });
  return row === null ? undefined : fromInstantsJson<ServerView>(row.view);
}

/** Ascending; a view holds until the next one. */
export async function readServerViewChanges(
  db: Database,
  window: TimeWindow,
): Promise<readonly ControlPlaneChange[]> {
  const rows = await db.prisma.controlPlaneChange.findMany({
    where: { second: secondsOf(window) },
    orderBy: { second: 'asc' },
  });
  return rows.map((row) => ({
    second: unixSecond(Number(row.second)),
    server: fromInstantsJson<ServerView>(row.view),
  }));
}

/** Ascending; seconds in which no DNS server spoke are missing. */
export async function readDnsSeconds(
  db: Database,
  window: TimeWindow,
): Promise<readonly DnsReport[]> {
  const rows = await db.prisma.dnsSecond.findMany({
    where: { second: secondsOf(window) },
    orderBy: { second: 'asc' },
  });
  return rows.map((row) => {
    const second = unixSecond(Number(row.second));
    const { service, names, queriesPerSecond, failuresPerSecond } = row;
    const lastReportUnixNano = startOfSecond(second);
    return {
      second,
      dns: { service, names, queriesPerSecond, failuresPerSecond, lastReportUnixNano },
    };
  });
}

function secondsOf(window: TimeWindow): { readonly gte: bigint; readonly lt: bigint } {
  return {
    gte: BigInt(secondOf(window.startUnixNano)),
    lt: BigInt(secondOf(window.endUnixNano)),
  };
}
