import { buildControlPlaneView } from '#analysis/control-plane/build-control-plane-view.ts';
import type {
  ControlPlaneView,
  Release,
  ServerView,
  XdsClient,
} from '#analysis/control-plane/xds-client.ts';
import { startOfSecond, unixSecond } from '#telemetry/time.ts';

/** A sidecar that has held v41 since second 0, but for what is said. */
export function xdsClient(id: string, rest: Partial<XdsClient> = {}): XdsClient {
  const start = startOfSecond(unixSecond(0));
  return {
    id,
    service: id.replace(/-\d.*$/, ''),
    kind: 'sidecar',
    server: '127.0.9.1:18010',
    connected: true,
    connectedSinceUnixNano: start,
    types: {
      CDS: { received: 'v41', acked: 'v41', resources: 3, missing: [], changedUnixNano: start },
    },
    lastReportUnixNano: start,
    isSilent: false,
    verdict: 'in-sync',
    reason: '',
    noConfigRatio: 0,
    restartRisk: 'safe',
    ...rest,
  };
}

export function controlPlane(
  second: number,
  clients: readonly XdsClient[],
  rest: { readonly server?: Partial<ServerView>; readonly releases?: readonly Release[] } = {},
): ControlPlaneView {
  return buildControlPlaneView({
    atUnixNano: startOfSecond(unixSecond(second + 1)),
    server: {
      service: 'control-plane',
      lastReportUnixNano: startOfSecond(unixSecond(second)),
      version: 'v41',
      connectedClients: clients.filter((client) => client.connected).length,
      resources: { CDS: 5 },
      acks: 40,
      nacks: 0,
      ...rest.server,
    },
    clients,
    pushes: [],
    releases: rest.releases ?? [],
  });
}
