import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, describe, expect, test } from 'vitest';
import { startEmbeddedPostgres } from '#store/embedded/embedded-postgres.ts';
import { migrate } from '#store/migrate.ts';
import { MIGRATIONS, temporaryDir } from '#tests/support/test-store.ts';

const HOLDER = path.join(import.meta.dirname, '../../support/hold-postgres.ts');
const root = temporaryDir();
const dataDir = path.join(root, 'data');
const children: ChildProcess[] = [];

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  fs.rmSync(root, { recursive: true, force: true });
});

async function hold(): Promise<{
  child: ChildProcess;
  pid: number;
  url: string;
  adopted: boolean;
}> {
  const child = spawn(process.execPath, ['--import', 'tsx', HOLDER, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return {
    child,
    ...(JSON.parse(line.toString()) as { pid: number; url: string; adopted: boolean }),
  };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(claim: () => boolean): Promise<void> {
  while (!claim()) await sleep(20);
}

async function query(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the embedded PostgreSQL', () => {
  test('ends with its parent, is adopted by a second starter, and keeps what was committed', async () => {
    const first = await hold();
    expect(await migrate(first.url, MIGRATIONS)).toBeGreaterThan(0);
    expect(await migrate(first.url, MIGRATIONS)).toBe(0);
    await query(first.url, `insert into operation values ('song', 'GET', 1)`);
    const second = await startEmbeddedPostgres({ dataDir });
    expect(second).toMatchObject({ pid: first.pid, adopted: true });
    first.child.kill('SIGKILL');
    await until(() => !isRunning(first.pid));

    const third = await hold();
    expect(third.adopted).toBe(false);
    expect(await query(third.url, 'select service from operation')).toEqual([{ service: 'song' }]);
    process.kill(third.pid, 'SIGKILL');
    const fourth = await startEmbeddedPostgres({ dataDir });
    expect(await query(fourth.url, 'select service from operation')).toEqual([{ service: 'song' }]);
    await fourth.stop();
    await until(() => !isRunning(fourth.pid));
    const left = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    expect(left.split('\n').filter((line) => line.includes(`-D ${dataDir}`))).toEqual([]);
  });

  test('is reached by its owner alone, through a socket', async () => {
    const server = await startEmbeddedPostgres({ dataDir });
    const socketDir = new URL(server.url).searchParams.get('host') ?? '';
    expect(fs.statSync(socketDir).mode & 0o777).toBe(0o700);
    expect(await query(server.url, 'show listen_addresses')).toEqual([{ listen_addresses: '' }]);
    await server.stop();
  });
});
