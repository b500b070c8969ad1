import { metrics } from '@opentelemetry/api';
import { reportXdsClient } from '#lab/xds/client-metrics.ts';
import { stateSafeguards } from '#lab/xds/state-safeguards.ts';
import { buildGateway } from './gateway.ts';
import type { HttpRoute } from './http-service.ts';
import { LoginClient } from './login-client.ts';
import { isSidecarReady } from './register-instance.ts';
import { GrpcClientReader } from './report-grpc-client.ts';
import type { ServiceTools } from './sample-service.ts';
import { Sessions } from './sessions.ts';

export interface GatewaySettings {
  readonly instance: string;
  readonly controlPlane: string;
  readonly dnsServer: string;
  readonly grpcPort: number;
  /** Answers 200 once the proxy can call what the gateway calls. */
  readonly sidecarReadyUrl: string;
  /** Of its gRPC library, by its bootstrap (gRFC A53). */
  readonly ignoresDeletion: boolean;
}

/** The gateway's story with its gRPC client, which reports as an xDS client of its own beside the sidecar. */
export function startGateway(
  settings: GatewaySettings,
  tools: ServiceTools,
  now: () => number,
): { readonly routes: readonly HttpRoute[]; readonly stop: () => Promise<void> } {
  const login = new LoginClient(
    {
      xds: 'xds:///login',
      dns: `dns://${settings.dnsServer}/login.lab:${settings.grpcPort}`,
    },
    () => reader.routingFacts(),
    now,
  );
  const reader = new GrpcClientReader(settings.controlPlane, now);
  const meter = metrics.getMeter('detour-lab');
  stateSafeguards(meter, () => ({ 'ignore-resource-deletion': settings.ignoresDeletion }));
  const endReport = reportXdsClient(
    meter,
    {
      id: `${settings.instance}-grpc`,
      kind: 'grpc',
      server: settings.controlPlane,
      target: 'xds:///login',
    },
    () => reader.read(),
    now,
  );
  return {
    routes: [
      ...buildGateway(tools, login, new Sessions(now)),
      readyRoute(async () => login.isReady() && (await isSidecarReady(settings.sidecarReadyUrl))),
    ],
    stop: async () => {
      endReport();
      login.close();
    },
  };
}

/** Users are let in when both ways to the services are known: what they saw before would be no outage. */
function readyRoute(isReady: () => Promise<boolean>): HttpRoute {
  return {
    method: 'GET',
    path: '/-/ready',
    isTraced: false,
    handle: async () =>
      (await isReady())
        ? { status: 200, body: { status: 'ready' } }
        : { status: 503, body: { status: 'starting' } },
  };
}
