import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..', '..');
/** Twenty processes on a machine that is busy with other things; a healthy start takes seven seconds. */
const START_LIMIT_MS = 270_000;
/** From 127.100 on. */
const LAB_NETS = 150;

export interface RunningStack {
  readonly dashboardUrl: string;
  readonly otlpHttpUrl: string;
  readonly otlpGrpcAddress: string;
  /** Of the scenario runner; undefined without the lab. */
  readonly labUrl: string | undefined;
  readonly dataDir: string;
  readonly supervisor: ChildProcess;
  /** What the supervisor printed so far. */
  readonly output: () => string;
  /** SIGTERM, then waits for the end; the data folder stays. Returns the exit code. */
  readonly stop: () => Promise<number | null>;
  /** Stops and removes the data folder. */
  readonly remove: () => Promise<void>;
}

export interface StackOptions {
  readonly lab: boolean;
  /** True unless it says otherwise. */
  readonly dashboard?: boolean;
  readonly dataDir?: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the built product as `npm start` does, on free ports and lab addresses of its own. */
export async function runStack(options: StackOptions): Promise<RunningStack> {
  if (!options.lab) return runStackOn(0, options);
  // Several test runs may look for one at the same time: only the stack itself finds out whether it has the net.
  for (const labNet of labNets()) {
    try {
      return await runStackOn(labNet, options);
    } catch (error) {
      if (!String(error).includes('another lab runs on')) throw error;
    }
  }
  throw new Error('no free lab addresses between 127.100 and 127.249');
}

async function runStackOn(labNet: number, options: StackOptions): Promise<RunningStack> {
  const dataDir = options.dataDir ?? mkdtempSync(path.join(tmpdir(), 'detour-stack-'));
  const [port, otlpHttpPort, otlpGrpcPort] = await freePorts(3);
  const supervisor = spawn(
    process.execPath,
    [
      path.join(ROOT, 'dist', 'processes', 'supervisor.js'),
      ...['--port', `${port}`, '--otlp-http-port', `${otlpHttpPort}`],
      ...['--otlp-grpc-port', `${otlpGrpcPort}`, '--data-dir', dataDir],
      ...(options.lab ? ['--lab-net', `${labNet}`, '--no-drill'] : ['--no-lab']),
      ...(options.dashboard === false ? ['--no-dashboard'] : []),
      ...(options.flags ?? []),
    ],
    { cwd: ROOT, env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [supervisor.stdout, supervisor.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  }
  const ended = new Promise<number | null>((resolve) => supervisor.once('exit', resolve));
  await waitFor(() => output.includes('Detour is up.'), {
    limitMs: START_LIMIT_MS,
    failed: () => supervisor.exitCode !== null,
    describe: () => `the stack did not start:\n${output}`,
  });
  const stop = async (): Promise<number | null> => {
    supervisor.kill('SIGTERM');
    return ended;
  };
  return {
    dashboardUrl: `http://127.0.0.1:${port}`,
    otlpHttpUrl: `http://127.0.0.1:${otlpHttpPort}`,
    otlpGrpcAddress: `127.0.0.1:${otlpGrpcPort}`,
    labUrl: options.lab
      ? JSON.parse(readFileSync(path.join(dataDir, 'running.json'), 'utf8')).labUrl
      : undefined,
    dataDir,
    supervisor,
    output: () => output,
    stop,
    remove: async () => {
      await stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Polls until `isTrue`; throws `describe()` past the limit or as soon as `failed()`. */
export async function waitFor(
  isTrue: () => boolean | Promise<boolean>,
  options: {
    readonly limitMs: number;
    readonly failed?: () => boolean;
    readonly describe: () => string;
  },
): Promise<void> {
  const until = performance.now() + options.limitMs;
  while (!(await isTrue())) {
    if (options.failed?.() || performance.now() > until) throw new Error(options.describe());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen('127.0.0.1', 0)));
  const ports = servers.map(({ port }) => port);
  await Promise.all(servers.map(({ close }) => close()));
  return ports;
}

/** Second octets, begun anywhere: who runs beside this one most likely begins elsewhere. */
function labNets(): readonly number[] {
  const first = Math.floor(Math.random() * LAB_NETS);
  return Array.from({ length: LAB_NETS }, (_, i) => 100 + ((first + i) % LAB_NETS));
}

function listen(host: string, port: number): Promise<{ port: number; close: () => Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve({
        port: typeof address === 'object' && address ? address.port : port,
        close: () => new Promise((done) => server.close(() => done())),
      });
    });
  });
}
