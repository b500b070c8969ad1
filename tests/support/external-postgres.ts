import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { unprivilegedAccount } from '#store/embedded/unprivileged-account.ts';
import { temporaryDir } from './test-store.ts';

const DEBIAN = '/usr/lib/postgresql';
const PASSWORD = 'for this test alone';

/** The programs of a PostgreSQL that is installed: EXTERNAL_POSTGRES_BIN, else Debian's newest. */
export function externalPostgresBin(): string | undefined {
  const named = process.env['EXTERNAL_POSTGRES_BIN'];
  if (named) return named;
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a));
  return versions
    .map((version) => path.join(DEBIAN, version, 'bin'))
    .find((bin) => existsSync(path.join(bin, 'postgres')));
}

export interface ExternalPostgres {
  /** Over TCP, with a password. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** A server as its distribution sets it up: TCP, scram passwords, its own settings, an owner who is no superuser. */
export async function startExternalPostgres(bin: string): Promise<ExternalPostgres> {
  const root = temporaryDir();
  const account = unprivilegedAccount();
  const dataDir = mkdtempSync(path.join(root, 'data-'));
  const passwordFile = path.join(root, 'password');
  writeFileSync(passwordFile, PASSWORD, { mode: 0o644 });
  if (account) spawnSync('chown', [`${account.uid}:${account.gid}`, dataDir, root]);
  const run = spawnSync(
    path.join(bin, 'initdb'),
    [
      '-D',
      dataDir,
      '-U',
      'admin',
      '-A',
      'scram-sha-256',
      '--pwfile',
      passwordFile,
      '-E',
      'UTF8',
      '--no-sync',
    ],
    { ...account, cwd: '/', encoding: 'utf8' },
  );
  if (run.status !== 0) throw new Error(run.stderr);
  const port = await freePort();
  const server = spawn(
    path.join(bin, 'postgres'),
    [
      '-D',
      dataDir,
      '-c',
      `port=${port}`,
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      `unix_socket_directories=${root}`,
    ],
    { ...account, cwd: '/', stdio: 'ignore' },
  );
  const ended = new Promise((resolve) => server.once('exit', resolve));
  await createOwnDatabase(port);
  return {
    url: `postgresql://detour:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/detour`,
    stop: async () => {
      server.kill('SIGINT');
      await ended;
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function createOwnDatabase(port: number): Promise<void> {
  for (;;) {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'admin',
      password: PASSWORD,
      database: 'postgres',
    });
    try {
      await client.connect();
    } catch {
      await sleep(50);
      continue;
    }
    await client.query(`create role detour login password '${PASSWORD}'`);
    await client.query('create database detour owner detour');
    await client.end();
    return;
  }
}

async function freePort(): Promise<number> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}

export const NO_EXTERNAL_POSTGRES = `no PostgreSQL in ${DEBIAN} (${os.platform()}); apt-get install postgresql, or EXTERNAL_POSTGRES_BIN`;
