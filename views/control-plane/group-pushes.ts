import type { ControlPlaneView, Push, Release } from '#analysis/control-plane/xds-client.ts';
import type { UnixNano } from '#telemetry/time.ts';

/** Pushes of one version, as one row. */
export interface PushGroup {
  readonly version: string;
  readonly firstUnixNano: UnixNano;
  readonly clients: number;
  readonly acked: number;
  readonly nacked: number;
  readonly silent: number;
  /** Resources that the version no longer has, and what it had before; undefined when its release was not seen. */
  readonly release: Release | undefined;
  readonly resources: number;
  readonly removed: number;
}

/** Newest first. */
export function groupPushes(view: ControlPlaneView): readonly PushGroup[] {
  const byVersion = new Map<string, Push[]>();
  for (const push of view.pushes) {
    const group = byVersion.get(push.version);
    if (group === undefined) byVersion.set(push.version, [push]);
    else group.push(push);
  }
  return [...byVersion]
    .map(([version, pushes]) => toGroup(version, pushes, view.releases))
    .sort((a, b) => (a.firstUnixNano > b.firstUnixNano ? -1 : 1));
}

/** More than a third of what there was, at once. */
export function isMassDeletion({ release }: PushGroup): boolean {
  if (release === undefined || release.resourcesBefore === 0) return false;
  return (release.resourcesBefore - release.resourcesAfter) / release.resourcesBefore > 1 / 3;
}

function toGroup(
  version: string,
  pushes: readonly Push[],
  releases: readonly Release[],
): PushGroup {
  const withOutcome = (outcome: Push['outcome']) =>
    new Set(pushes.flatMap((push) => (push.outcome === outcome ? [push.client] : []))).size;
  const nacked = withOutcome('nacked');
  const silent = withOutcome('silent');
  const clients = new Set(pushes.map((push) => push.client)).size;
  return {
    version,
    firstUnixNano: pushes.reduce(
      (first, push) => (push.unixNano < first ? push.unixNano : first),
      pushes[0]?.unixNano ?? (0n as UnixNano),
    ),
    clients,
    acked: clients - nacked - silent,
    nacked,
    silent,
    release: releases.find((candidate) => candidate.version === version),
    resources: Math.max(0, ...pushes.map((push) => push.resources)),
    removed: Math.max(0, ...pushes.map((push) => push.removed)),
  };
}
