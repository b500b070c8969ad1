import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { SupervisorSettings } from '../supervisor.config.ts';
import {
  CALLS,
  controlPlaneFor,
  type LabInstance,
  labTopology,
  type Topology,
} from '../topology.ts';
import { type EnvoyPlan, envoySidecar } from './envoy-sidecars.ts';
import type { ProcessSpec } from './managed-process.ts';

export interface Wave {
  readonly title: string;
  readonly specs: readonly ProcessSpec[];
}

export interface Plan {
  readonly waves: readonly Wave[];
  readonly topology: Topology | undefined;
  readonly supervisorToken: string;
}

const PROCESSES = import.meta.dirname;

/**
 * For the many that do little: a young generation of 2 MB instead of 16 MB takes 15 to 45 MB less a process, at 15 %
 * more CPU while it starts. A collection waits for the threads that help with it, and where there are more processes
 * than cores these wait for a core: one thread is done sooner.
 */
export const SMALL = ['--max-semi-space-size=2', '--optimize-for-size', '--single-threaded-gc'];

/** Everything that runs besides PostgreSQL, in the order in which it can start. `envoy`: in place of our sidecars. */
export function planProcesses(
  settings: SupervisorSettings,
  databaseUrl: string,
  supervisorUrl: string,
  envoy: EnvoyPlan | undefined,
): Plan {
  const supervisorToken = randomBytes(24).toString('base64url');
  const topology = settings.lab ? labTopology(settings.labNet) : undefined;
  const common = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${settings.host}:${settings.otlpHttpPort}`,
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
  };
  const product = { ...common, DATABASE_URL: databaseUrl };
  const waves: Wave[] = [
    {
      title: 'ingester',
      specs: [
        spec('ingester', {
          ...product,
          OTLP_HOST: settings.host,
          OTLP_HTTP_PORT: `${settings.otlpHttpPort}`,
          OTLP_GRPC_PORT: `${settings.otlpGrpcPort}`,
        }),
      ],
    },
    {
      title: settings.dashboard ? 'analyzer, dashboard' : 'analyzer',
      specs: [
        spec('analyzer', { ...product, KEEP: settings.keep, MAX_DISK: settings.maxDisk }),
        ...(settings.dashboard ? [dashboardSpec(settings, product, topology)] : []),
      ],
    },
  ];
  if (topology) {
    waves.push(
      ...labWaves(
        settings,
        topology,
        { ...common, ...labWires(topology), ...registrySettling(topology, envoy !== undefined) },
        { supervisorUrl, supervisorToken, envoy },
      ),
    );
  }
  return { waves, topology, supervisorToken };
}

function dashboardSpec(
  settings: SupervisorSettings,
  product: Readonly<Record<string, string>>,
  topology: Topology | undefined,
): ProcessSpec {
  return spec('dashboard', {
    ...product,
    HOST: settings.host,
    PORT: `${settings.port}`,
    OTLP_HTTP_PORT: `${settings.otlpHttpPort}`,
    OTLP_GRPC_PORT: `${settings.otlpGrpcPort}`,
    ...(topology && { LAB_URL: topology.scenarioUrl }),
  });
}

function labWaves(
  settings: SupervisorSettings,
  topology: Topology,
  env: Readonly<Record<string, string>>,
  {
    supervisorUrl,
    supervisorToken,
    envoy,
  }: {
    readonly supervisorUrl: string;
    readonly supervisorToken: string;
    readonly envoy: EnvoyPlan | undefined;
  },
): readonly Wave[] {
  return [
    {
      title: 'registry, control plane, DNS, relay',
      specs: ['registry', 'control-plane', 'dns', 'relay'].map((name) => part(name, env)),
    },
    {
      title: 'services',
      specs: topology.instances.map((instance) =>
        part(
          instance.instance,
          {
            ...env,
            ...instanceEnv(instance, topology),
            ...(envoy && { SIDECAR_READY_PATH: '/ready' }),
          },
          'sample-service',
        ),
      ),
    },
    {
      title: 'sidecars',
      specs: topology.instances.map((instance) => {
        const own = { ...env, ...instanceEnv(instance, topology) };
        return envoy
          ? envoySidecar(envoy, settings, instance, own)
          : part(`${instance.instance}-sidecar`, own, 'sidecar');
      }),
    },
    {
      title: 'load, scenarios',
      specs: [
        part('load', { ...env, LOAD_RPS: `${settings.loadRps}` }),
        part('scenario', {
          ...env,
          ...(envoy && { ENVOY_FOLDER: envoy.folder }),
          LAB_LOG: path.join(settings.dataDir, 'lab.log'),
          SUPERVISOR_URL: supervisorUrl,
          SUPERVISOR_TOKEN: supervisorToken,
        }),
      ],
    },
  ];
}

/**
 * Instances start one after the other, slowly where the machine is busy: a part of them is not to pass for all. An Envoy
 * is not ready before it has been told something, and its instance does not register before that: there, the empty set
 * is told at once.
 */
function registrySettling(topology: Topology, hasEnvoys: boolean): Record<string, string> {
  if (hasEnvoys) return { REGISTRY_SETTLE_MS: '0' };
  return { REGISTRY_SETTLE_MS: '20000', REGISTRY_EXPECTED: `${topology.instances.length}` };
}

/** Where the parts of the lab find each other. */
function labWires(topology: Topology): Record<string, string> {
  const gateway = topology.instances.find((instance) => instance.service === 'gateway');
  return {
    LAB_HOST: topology.host,
    CONTROL_PLANE_XDS: topology.relayXds,
    CONTROL_PLANE_XDS_ZONE_B: topology.relayXdsZoneB,
    CONTROL_PLANE_LISTEN: topology.controlPlaneXds,
    CONTROL_PLANE_ADMIN: topology.controlPlaneAdmin,
    REGISTRY_URL: topology.registryUrl,
    DNS_ADDRESS: topology.relayDns,
    DNS_LISTEN: topology.dnsAddress,
    DNS_ADMIN_URL: topology.dnsAdmin,
    RELAY_ADMIN_URL: topology.relayAdmin,
    SCENARIO_URL: topology.scenarioUrl,
    LOAD_URL: topology.loadUrl,
    GATEWAY_URL: `http://${gateway?.address}:8080`,
    LAB_INSTANCES: JSON.stringify(topology.instances),
  };
}

function instanceEnv(instance: LabInstance, topology: Topology): Record<string, string> {
  return {
    CONTROL_PLANE_XDS: controlPlaneFor(instance, topology),
    SERVICE: instance.service,
    INSTANCE: instance.instance,
    ADDRESS: instance.address,
    APP_PORT: '8080',
    GRPC_PORT: '9090',
    SIDECAR_OUTBOUND_PORT: '15001',
    SIDECAR_INBOUND_PORT: '15006',
    SIDECAR_ADMIN_PORT: '15000',
    UPSTREAMS: CALLS[instance.service].join(','),
  };
}

/** A part of the lab: one of many, so it is kept small. */
function part(name: string, env: Readonly<Record<string, string>>, file = name): ProcessSpec {
  return { ...spec(name, env, file), nodeFlags: SMALL };
}

function spec(name: string, env: Readonly<Record<string, string>>, file = name): ProcessSpec {
  return { name, file: path.join(PROCESSES, `${file}.js`), env, nodeFlags: [] };
}
