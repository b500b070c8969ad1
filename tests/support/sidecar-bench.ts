import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { Pool } from 'undici';
import { DnsServer } from '#lab/dns/dns-server.ts';
import { type SidecarSettings, startSidecar } from '#lab/sidecar/start-sidecar.ts';
import { getJson, postJson } from '#tests/support/http-json.ts';
import { catalogueOf } from '#tests/support/test-control-plane.ts';

/** Everything of these tests lives below 127.26: another lab may run beside them. */
export const BENCH_HOST = '127.26.9.1';
const CALLER = '127.26.10.1';
export const SONG_1 = '127.26.13.1';
export const SONG_2 = '127.26.13.2';
export const MESH_PORT = 15_006;

export interface Backend {
  readonly served: () => number;
  readonly lastHeaders: () => IncomingHttpHeaders;
  readonly stop: () => Promise<void>;
}

/** An instance of song that answers 200 to everything. */
export async function startBackend(address: string, port = MESH_PORT): Promise<Backend> {
  let served = 0;
  let last: IncomingHttpHeaders = {};
  const server = createServer((request, response) => {
    served += 1;
    last = request.headers;
    response.end('{"from":"song"}');
  });
  server.keepAliveTimeout = 75_000;
  await new Promise<void>((resolve) => server.listen(port, address, () => resolve()));
  return { served: () => served, lastHeaders: () => last, stop: () => closeServer(server) };
}

export async function startDns(...songs: readonly string[]) {
  const dns = new DnsServer({ origin: 'lab', ttlSeconds: 5, onQuery: () => undefined });
  const catalogue = catalogueOf({ song: songs.map((a) => `${a}:${MESH_PORT}`) }, 'http');
  dns.applyCatalogue(catalogue as Parameters<DnsServer['applyCatalogue']>[0]);
  const port = await dns.listen(0, BENCH_HOST);
  return { address: `${BENCH_HOST}:${port}`, stop: () => dns.close() };
}

/** A real sidecar of gateway-1 on the caller's address. */
export async function startCallerSidecar(
  controlPlane: string,
  dnsServer: string,
  rest: Partial<SidecarSettings> = {},
) {
  const stop = await startSidecar(
    {
      service: 'gateway',
      instance: 'gateway-1',
      address: CALLER,
      applicationPort: 8080,
      outboundPort: 15_001,
      inboundPort: MESH_PORT,
      adminPort: 15_000,
      controlPlane,
      dnsServer,
      dnsZone: 'lab',
      dnsServices: [],
      upstreams: [],
      staticEndpoints: new Map(),
      onDeletion: 'drop',
      onOversize: 'refuse',
      keepaliveMs: 1000,
      keepaliveTimeoutMs: 500,
      attemptTimeoutMs: 2000,
      maxAttempts: 2,
      configWaitMs: 2000,
      bootCacheFile: undefined,
      ...rest,
    },
    { now: Date.now, roll: Math.random },
  );
  const pool = new Pool(`http://${CALLER}:15001`, { connections: 64 });
  return {
    call: (service = 'song') => callOnce(pool, service),
    switchTo: (mode: 'xds' | 'dns') =>
      postJson(`http://${CALLER}:15000/routing`, { mode, services: ['song'] }),
    dump: () => getJson<SidecarDump>(`http://${CALLER}:15000/config_dump`),
    stop: async () => {
      await pool.destroy();
      await stop();
    },
  };
}

export interface SidecarDump {
  readonly connected: boolean;
  readonly types: ReadonlyArray<{
    readonly type: string;
    readonly acked?: string;
    readonly rejected?: string;
    readonly rejectReason?: string;
  }>;
}

export interface Answer {
  readonly status: number;
  /** The proxy's own word for what failed. */
  readonly error: string | undefined;
}

async function callOnce(pool: Pool, service: string): Promise<Answer> {
  const { statusCode, headers, body } = await pool.request({
    method: 'GET',
    path: '/song/1',
    headers: { host: service },
  });
  await body.dump();
  const error = headers['x-detour-error'];
  return { status: statusCode, error: typeof error === 'string' ? error : undefined };
}

/** Calls at a constant rate until told to stop; open loop, so that nothing that goes wrong slows it down. */
export function callSteadily(call: () => Promise<Answer>, requestsPerSecond: number) {
  const answers: Promise<Answer>[] = [];
  const startMs = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - startMs) / 1000) * requestsPerSecond;
    while (answers.length < due) {
      answers.push(call().catch((error: unknown) => ({ status: 0, error: String(error) })));
    }
  }, 2);
  return {
    sent: () => answers.length,
    stop: async (): Promise<{ readonly sent: number; readonly failed: readonly Answer[] }> => {
      clearInterval(timer);
      const all = await Promise.all(answers);
      return { sent: all.length, failed: all.filter((answer) => answer.status !== 200) };
    },
  };
}

/** Asks until the answer is as wanted; the test's own time limit ends it. */
export async function until<T>(ask: () => Promise<T>, isWanted: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (isWanted(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
