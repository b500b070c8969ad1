import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { postgresBinaries } from './postgres-binaries.ts';
import { serverSettings } from './server-settings.ts';
import { type Account, isReachable, unprivilegedAccount } from './unprivileged-account.ts';

export interface EmbeddedPostgres {
  readonly url: string;
  readonly pid: number;
  /** True when a server of this data directory was already running: it stays when we stop. */
  readonly adopted: boolean;
  /** Where the data are: not `dataDir` when the unprivileged account cannot enter that. */
  readonly dataDir: string;
  readonly stop: () => Promise<void>;
}

const DATABASE = 'detour';
const PORT = 5432;
const START_LIMIT_MS = 30_000;
const POLL_MS = 20;
/** sockaddr_un.sun_path holds 108 bytes on Linux, 104 on macOS. */
const SOCKET_PATH_LIMIT = 100;
/** Where root keeps what an unprivileged account must reach. */
const SHARED_STATE_DIR = '/var/lib/detour';

/**
 * A real PostgreSQL of our own: initialised on first use, reachable only through a Unix socket in a 0700 directory, never
 * over TCP. It ends when this process ends, however that happens; a second starter adopts the running server.
 */
export async function startEmbeddedPostgres(options: {
  readonly dataDir: string;
}): Promise<EmbeddedPostgres> {
  const account = unprivilegedAccount();
  const dataDir = placeOf(path.resolve(options.dataDir), account);
  makeParents(path.dirname(dataDir));
  const native = postgresBinaries(account, SHARED_STATE_DIR);
  const socketDir = makeSocketDir(dataDir, account);
  if (!fs.existsSync(path.join(dataDir, 'PG_VERSION'))) initialise(native, dataDir, account);
  const server = await startConnectable({ native, dataDir, socketDir, account });
  const url = `postgresql://postgres@localhost/${DATABASE}?host=${encodeURIComponent(socketDir)}&port=${PORT}`;
  return { ...server, url, dataDir };
}

/** The wanted directory, or one under /var/lib/detour when root's choice lies where the account cannot go. */
function placeOf(wanted: string, account: Account | undefined): string {
  if (account === undefined || isReachable(path.dirname(wanted), account)) return wanted;
  const key = createHash('sha256').update(wanted).digest('hex').slice(0, 12);
  return path.join(SHARED_STATE_DIR, `${path.basename(wanted)}-${key}`);
}

/** Whatever the umask is, the account must get through the directories that we make. */
function makeParents(dir: string): void {
  const first = fs.mkdirSync(dir, { recursive: true });
  if (first === undefined) return;
  for (let made = dir; made.length >= first.length; made = path.dirname(made)) {
    fs.chmodSync(made, 0o755);
  }
}

/** Beside the data where the path is short enough for a socket, else in the system's temporary directory. */
function makeSocketDir(dataDir: string, account: Account | undefined): string {
  const beside = `${dataDir}.socket`;
  const key = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  const dir =
    beside.length < SOCKET_PATH_LIMIT ? beside : path.join(os.tmpdir(), `detour-socket-${key}`);
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  fs.chmodSync(dir, 0o700);
  if (account) fs.chownSync(dir, account.uid, account.gid);
  return dir;
}

/** Aside first, then renamed, so that of two first starters one wins and the other uses its result. */
function initialise(native: string, dataDir: string, account: Account | undefined): void {
  const partial = `${dataDir}.init-${process.pid}`;
  fs.mkdirSync(partial, { recursive: true, mode: 0o700 });
  if (account) fs.chownSync(partial, account.uid, account.gid);
  const run = spawnSync(
    path.join(native, 'bin/initdb'),
    ['-D', partial, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...account, cwd: '/', encoding: 'utf8' },
  );
  if (run.status !== 0) {
    fs.rmSync(partial, { recursive: true, force: true });
    throw new Error(`PostgreSQL could not make its data directory ${dataDir}: ${run.stderr}`);
  }
  try {
    fs.renameSync(partial, dataDir);
  } catch (error) {
    fs.rmSync(partial, { recursive: true, force: true });
    if (!fs.existsSync(path.join(dataDir, 'PG_VERSION'))) throw error;
  }
}

interface Place {
  readonly native: string;
  readonly dataDir: string;
  readonly socketDir: string;
  readonly account: Account | undefined;
}

type Server = Pick<EmbeddedPostgres, 'pid' | 'adopted' | 'stop'>;

/** A server that is adopted while its owner ends it refuses us: then it is our turn to start one. */
async function startConnectable(place: Place): Promise<Server> {
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    const server = await startOrAdopt(place, deadline);
    try {
      await createDatabase(place.socketDir);
      return server;
    } catch (error) {
      await server.stop();
      if (!server.adopted || Date.now() > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}

async function startOrAdopt(place: Place, deadline: number): Promise<Server> {
  let log = '';
  while (Date.now() < deadline) {
    const running = runningServer(place.dataDir);
    if (running?.ready) return adopt(running.pid);
    if (running === undefined) {
      const started = await launch(place);
      if (started.kind === 'ready') return started.server;
      log = started.log;
    }
    await sleep(POLL_MS);
  }
  throw new Error(`PostgreSQL did not start in ${place.dataDir}: ${log.trim()}`);
}

/** The live server of a data directory, by its pid file; a file left by a dead one is not believed. */
function runningServer(
  dataDir: string,
): { readonly pid: number; readonly ready: boolean } | undefined {
  let lines: readonly string[];
  try {
    lines = fs.readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !isPostgres(pid)) return undefined;
  return { pid, ready: lines[7]?.trim() === 'ready' };
}

/** Alive, and not another program that was given the number since; /proc tells the name where there is one. */
function isPostgres(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  try {
    return /\(postgres\) [^Z]/.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return !fs.existsSync('/proc/self/stat');
  }
}

function adopt(pid: number): Server {
  return { pid, adopted: true, stop: async () => undefined };
}

/**
 * The shell holds the reading end of a pipe whose other end is ours. When this process ends, even by SIGKILL, the pipe
 * closes and the shell tells the server to shut down fast. Once the server is gone, nothing may stay that would signal
 * whoever has its number by then.
 */
const HOLDER =
  '"$0" "$@" 3<&- & P=$!; trap "" INT TERM; (read _ <&3; kill -INT $P 2>/dev/null) & C=$!; wait $P; kill -9 $C';

async function launch(
  place: Place,
): Promise<{ kind: 'ready'; server: Server } | { kind: 'failed'; log: string }> {
  const { native, dataDir, socketDir, account } = place;
  const settings = serverSettings({ socketDir, port: PORT, memoryBytes: os.totalmem() });
  const holder = spawn(
    '/bin/sh',
    ['-c', HOLDER, path.join(native, 'bin/postgres'), '-D', dataDir, ...settings],
    { ...account, cwd: '/', detached: true, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const exited = new Promise<void>((resolve) => holder.once('exit', () => resolve()));
  const log = await untilReady(holder);
  const running = runningServer(dataDir);
  if (log !== undefined || running === undefined) return { kind: 'failed', log: log ?? '' };
  const stop = async (): Promise<void> => {
    holder.stdio[3]?.destroy();
    await exited;
  };
  return { kind: 'ready', server: { pid: running.pid, adopted: false, stop } };
}

/** undefined once the server accepts connections; what it wrote when it ended instead. */
async function untilReady(holder: ChildProcess): Promise<string | undefined> {
  let log = '';
  return await new Promise((resolve) => {
    holder.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4000);
      if (log.includes('ready to accept connections')) resolve(undefined);
    });
    holder.once('exit', () => resolve(log));
    holder.once('error', (error) => resolve(String(error)));
  });
}

async function createDatabase(socketDir: string): Promise<void> {
  const client = new pg.Client({
    host: socketDir,
    port: PORT,
    user: 'postgres',
    database: 'postgres',
  });
  await client.connect();
  try {
    const found = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } catch (error) {
    // 42P04, 23505: another starter made it first.
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== '42P04' && code !== '23505') throw error;
  } finally {
    await client.end();
  }
}
