import type { DnsView, ServerView, XdsClient } from '#analysis/control-plane/xds-client.ts';
import type { PrismaClient } from '#store/generated/client.ts';
import { toInstantsJson } from '#store/instants-json.ts';
import type { UnixSecond } from '#telemetry/time.ts';

/** What changed in one closed second. */
export interface ControlPlaneChanges {
  readonly clients: readonly XdsClient[];
  readonly server: ServerView | undefined;
  readonly dns: DnsView | undefined;
}

/** Part of a caller's transaction; the same second again overwrites itself. */
export async function writeControlPlane(
  tx: Pick<PrismaClient, 'xdsClientChange' | 'controlPlaneChange' | 'dnsSecond'>,
  at: UnixSecond,
  changes: ControlPlaneChanges,
): Promise<void> {
  const second = BigInt(at);
  for (const client of changes.clients) {
    const key = { clientId: client.id, second };
    const state = toInstantsJson(client);
    await tx.xdsClientChange.upsert({
      where: { clientId_second: key },
      create: { ...key, state },
      update: { state },
    });
  }
  if (changes.server !== undefined) {
    const view = toInstantsJson(changes.server);
    await tx.controlPlaneChange.upsert({
      where: { second },
      create: { second, view },
      update: { view },
    });
  }
  if (changes.dns !== undefined) {
    const { lastReportUnixNano: _, failingSinceUnixNano: __, ...facts } = changes.dns;
    const names = Math.round(facts.names);
    await tx.dnsSecond.upsert({
      where: { second },
      create: { ...facts, names, second },
      update: { ...facts, names },
    });
  }
}
