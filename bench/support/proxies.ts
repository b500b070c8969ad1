import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';

const ROOT = path.join(import.meta.dirname, '..', '..');

export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface RunningProxy {
  readonly name: string;
  readonly place: Place;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** Started and listening, or a word on why it is not here. */
export type MaybeProxy = RunningProxy | { readonly name: string; readonly absent: string };

/** Our sidecar as its own process, from a bundle as in the product. It asks `controlPlane` for its routes. */
export async function startSidecarProcess(
  place: Place,
  controlPlane: string,
  otlp: string,
  nodeFlags: readonly string[] = [],
): Promise<RunningProxy> {
  const outfile = path.join(ROOT, 'dist/bench/sidecar.js');
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['processes/sidecar.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
  });
  const child = spawn(process.execPath, [...nodeFlags, outfile], {
    cwd: ROOT,
    env: {
      ...process.env,
      SERVICE: 'gateway',
      INSTANCE: 'gateway-1',
      ADDRESS: place.host,
      SIDECAR_OUTBOUND_PORT: `${place.port}`,
      CONTROL_PLANE_XDS: controlPlane,
      DNS_ADDRESS: '127.0.0.1:53',
      UPSTREAMS: 'song',
      OTEL_EXPORTER_OTLP_ENDPOINT: otlp,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return listening('sidecar, telemetry on', child, place);
}

/** What Node's sockets cost alone: the anchor of our own sidecar. */
export function startPipe(place: Place, backend: Place): Promise<RunningProxy> {
  const file = path.join(import.meta.dirname, 'pipe-proxy.ts');
  const places = [place.host, `${place.port}`, backend.host, `${backend.port}`];
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...places], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return listening("Node's sockets alone", child, place);
}

export function startHaproxy(place: Place, backend: Place): Promise<MaybeProxy> {
  return startConfigured(
    'HAProxy',
    'haproxy',
    ['/usr/sbin/haproxy'],
    place,
    ['-db', '-f'],
    `
global
  nbthread 1
defaults
  mode http
  option http-keep-alive
  http-reuse always
  timeout connect 2s
  timeout client 75s
  timeout server 2s
frontend in
  bind ${place.host}:${place.port}
  default_backend out
backend out
  server one ${backend.host}:${backend.port}
`,
  );
}

export function startNginx(place: Place, backend: Place): Promise<MaybeProxy> {
  return startConfigured(
    'nginx',
    'nginx',
    ['/usr/sbin/nginx'],
    place,
    ['-e', '/dev/null', '-c'],
    `
daemon off;
worker_processes 1;
pid FOLDER/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path FOLDER;
  proxy_temp_path FOLDER;
  fastcgi_temp_path FOLDER;
  uwsgi_temp_path FOLDER;
  scgi_temp_path FOLDER;
  keepalive_requests 1000000000;
  upstream out { server ${backend.host}:${backend.port}; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen ${place.host}:${place.port};
    location / { proxy_pass http://out; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host; }
  }
}
`,
  );
}

/** With its own OpenTelemetry tracer, every request sampled: as a sidecar has it. */
export function startEnvoy(place: Place, backend: Place, otlp: string): Promise<MaybeProxy> {
  const cluster = (name: string, { host, port }: Place) => `
  - name: ${name}
    type: STATIC
    connect_timeout: 2s
    load_assignment: { cluster_name: ${name}, endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: ${host}, port_value: ${port} } } } }] }] }`;
  const sink = new URL(otlp);
  return startConfigured(
    'Envoy, telemetry on',
    'Envoy (npm run test:envoy fetches it)',
    [process.env['ENVOY_BIN'] ?? '', ...fetchedEnvoys()],
    place,
    ['--concurrency', '1', '--log-level', 'error', '--use-dynamic-base-id', '--config-path'],
    `
static_resources:
  listeners:
  - name: in
    address: { socket_address: { address: ${place.host}, port_value: ${place.port} } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: in
          tracing:
            spawn_upstream_span: true
            provider:
              name: envoy.tracers.opentelemetry
              typed_config:
                "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
                service_name: gateway
                http_service: { http_uri: { uri: "${otlp}/v1/traces", cluster: otlp, timeout: 1s } }
          route_config: { virtual_hosts: [{ name: all, domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: out } }] }] }
          http_filters:
          - name: envoy.filters.http.router
            typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
  clusters:${cluster('out', backend)}${cluster('otlp', { host: sink.hostname, port: Number(sink.port) })}
`,
  );
}

/** Where `npm run test:envoy` keeps the binaries that it fetched. */
function fetchedEnvoys(): readonly string[] {
  const cache = path.join(
    process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'),
    'detour',
  );
  if (!existsSync(cache)) return [];
  return readdirSync(cache, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(path.join('envoy', '_bin', 'envoy')))
    .map((file) => path.join(cache, file));
}

async function startConfigured(
  name: string,
  what: string,
  binaries: readonly string[],
  place: Place,
  flags: readonly string[],
  config: string,
): Promise<MaybeProxy> {
  const binary = [...binaries, ...onPath(what)].find((file) => file !== '' && existsSync(file));
  if (binary === undefined) return { name, absent: `${what} is not installed` };
  const folder = mkdtempSync(path.join(tmpdir(), 'detour-bench-'));
  const file = path.join(folder, 'proxy.yaml');
  writeFileSync(file, config.replaceAll('FOLDER', folder));
  const child = spawn(binary, [...flags, file], { stdio: ['ignore', 'ignore', 'inherit'] });
  const proxy = await listening(name, child, place);
  return {
    ...proxy,
    stop: async () => {
      await proxy.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function onPath(program: string): readonly string[] {
  const found = spawnSync('which', [program], { encoding: 'utf8' });
  return found.status === 0 ? [found.stdout.trim()] : [];
}

async function listening(name: string, child: ChildProcess, place: Place): Promise<RunningProxy> {
  let ended = false;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.once('exit', () => {
    ended = true;
  });
  while (!(await accepts(place))) {
    if (ended) throw new Error(`${name} ended with ${child.exitCode} before it listened`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    name,
    place,
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

function accepts({ host, port }: Place): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
