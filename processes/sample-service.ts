import dns from 'node:dns';
import type { z } from 'zod';
import { startOtelSdk } from '#instrumentation/otel-sdk.ts';
import { startService } from '#lab/services/start-service.ts';
import { readSettings, runProcess } from './run-process.ts';
import { ServiceEnvironment } from './sample-service.config.ts';
import { seededRoll, seedOf } from './seeded-roll.ts';

runProcess(async () => {
  const env = readSettings(ServiceEnvironment);
  askForNames(env.DNS_ADDRESS);
  prepareGrpc(env);
  const stopTelemetry = startOtelSdk({
    serviceName: env.SERVICE,
    instanceId: env.INSTANCE,
    endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
  });
  const stopService = await startService(
    {
      service: env.SERVICE,
      instance: env.INSTANCE,
      address: env.ADDRESS,
      appPort: env.APP_PORT,
      grpcPort: env.GRPC_PORT,
      sidecarOutboundPort: env.SIDECAR_OUTBOUND_PORT,
      sidecarInboundPort: env.SIDECAR_INBOUND_PORT,
      sidecarAdminPort: env.SIDECAR_ADMIN_PORT,
      sidecarReadyPath: env.SIDECAR_READY_PATH,
      controlPlane: env.CONTROL_PLANE_XDS,
      dnsServer: env.DNS_ADDRESS,
      registryUrl: env.REGISTRY_URL,
      sessionMs: env.SESSION_MS,
      ignoresDeletion: env.XDS_IGNORE_DELETION,
    },
    { now: Date.now, roll: seededRoll(seedOf(env.INSTANCE)) },
  );
  return {
    details: { service: env.INSTANCE, address: env.ADDRESS },
    stop: async () => {
      await stopService();
      await stopTelemetry();
    },
  };
});

/**
 * In a container, /etc/resolv.conf would name the lab's server; processes of one machine share the machine's. A gRPC client
 * needs it for clusters that the control plane hands over to DNS: they carry a name, and no server to ask.
 */
function askForNames(server: string): void {
  const { Resolver } = dns.promises;
  dns.promises.Resolver = class extends Resolver {
    constructor(...options: ConstructorParameters<typeof Resolver>) {
      super(...options);
      this.setServers([server]);
    }
  };
}

/** gRPC takes these from the environment alone, the first when it is loaded (grpc-js, environment.ts). */
function prepareGrpc(env: z.infer<typeof ServiceEnvironment>): void {
  const ignoreDeletion = env.XDS_IGNORE_DELETION ? ['ignore_resource_deletion'] : [];
  process.env['GRPC_NODE_USE_ALTERNATIVE_RESOLVER'] ??= 'true';
  process.env['GRPC_XDS_BOOTSTRAP_CONFIG'] ??= JSON.stringify({
    xds_servers: [
      {
        server_uri: env.CONTROL_PLANE_XDS,
        channel_creds: [{ type: 'insecure' }],
        server_features: ['xds_v3', ...ignoreDeletion],
      },
    ],
    node: {
      id: `${env.INSTANCE}-grpc`,
      cluster: env.SERVICE,
      locality: { region: 'lab', zone: 'lab-a' },
    },
  });
}
