import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { renderEnvoyBootstrap } from '#lab/envoy/envoy-bootstrap.ts';
import { renderRouteScopes, SCOPES_FILE } from '#lab/xds/route-scopes.ts';
import type { SocketAddress } from '#lab/xds/socket-address.ts';
import { SettingError } from '../run-process.ts';
import type { SupervisorSettings } from '../supervisor.config.ts';
import type { LabInstance } from '../topology.ts';
import type { ProcessSpec } from './managed-process.ts';

export interface EnvoyPlan {
  readonly binary: string;
  /** Each instance has a folder of its own below it. */
  readonly folder: string;
}

/** An Envoy binary and where its files go; fetched into the data folder where no other is named. */
export async function prepareEnvoy(settings: SupervisorSettings, root: string): Promise<EnvoyPlan> {
  const folder = path.join(settings.dataDir, 'envoy');
  if (settings.envoyBinary !== undefined) return { binary: settings.envoyBinary, folder };
  const script = path.join(root, 'scripts', 'install-envoy.mjs');
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [script, folder]);
    return { binary: stdout.trim(), folder };
  } catch (error) {
    const said = (error as { readonly stderr?: string }).stderr?.trim();
    throw new SettingError(`--sidecar envoy: ${said || String(error)}`);
  }
}

/** An Envoy in the place of our own sidecar, under its process name. `env` is that of the other parts of the lab. */
export function envoySidecar(
  plan: EnvoyPlan,
  settings: SupervisorSettings,
  instance: LabInstance,
  env: Readonly<Record<string, string>>,
): ProcessSpec {
  const folder = path.join(plan.folder, instance.instance);
  const upstreams = (env['UPSTREAMS'] ?? '').split(',').filter((name) => name !== '');
  const scopesFile = path.join(folder, SCOPES_FILE);
  mkdirSync(folder, { recursive: true });
  // Every lab begins on the mesh. A restart of one Envoy keeps what operators have set since.
  const scopes = renderRouteScopes(new Map(upstreams.map((name) => [name, 'xds'])), '0');
  writeFileSync(scopesFile, JSON.stringify(scopes));
  return {
    name: `${instance.instance}-sidecar`,
    file: plan.binary,
    env,
    nodeFlags: [],
    program: (started) => {
      const address = started['ADDRESS'] ?? instance.address;
      const adminPort = Number(started['SIDECAR_ADMIN_PORT']);
      const bootstrap = renderEnvoyBootstrap({
        service: instance.service,
        instance: instance.instance,
        address,
        applicationPort: Number(started['APP_PORT']),
        outboundPort: Number(started['SIDECAR_OUTBOUND_PORT']),
        inboundPort: Number(started['SIDECAR_INBOUND_PORT']),
        adminPort,
        controlPlane: toSocketAddress(started['CONTROL_PLANE_XDS']),
        dialect: settings.envoyDialect,
        dnsServer: toSocketAddress(started['DNS_ADDRESS']),
        otlp: { host: settings.host, port: settings.otlpGrpcPort },
        upstreams,
        scopesFile,
      });
      const bootstrapFile = path.join(folder, 'bootstrap.json');
      writeFileSync(bootstrapFile, JSON.stringify(bootstrap, undefined, 1));
      return {
        command: plan.binary,
        // One worker is plenty for the lab's load, and each costs memory.
        args: ['-c', bootstrapFile, '--concurrency', '1', '--disable-hot-restart', '-l', 'warning'],
        readyUrl: `http://${address}:${adminPort}/ready`,
      };
    },
  };
}

function toSocketAddress(text = ''): SocketAddress {
  const [host = '', port] = text.split(':');
  return { host, port: Number(port) };
}
