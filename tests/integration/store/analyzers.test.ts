import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimShards } from '#store/claim-shards.ts';
import { closeDatabase, openDatabase } from '#store/client.ts';
import { readJudgedSecond } from '#store/read-judged-second.ts';
import { endProcess } from '#tests/support/start-process.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const PROCESS = path.join(import.meta.dirname, '../../../processes/analyzer.ts');

let parts: readonly TestStore[] = [];
let urls = '';

beforeAll(async () => {
  parts = await Promise.all([startTestStore(), startTestStore()]);
  urls = parts.map(({ url }) => url).join(',');
});

afterAll(async () => {
  await Promise.all(parts.map((part) => part.stop()));
});

function startAnalyzer(env: Readonly<Record<string, string>>) {
  return spawn(process.execPath, ['--import', 'tsx', PROCESS], {
    env: { ...process.env, DATABASE_URLS: urls, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function faultOf(env: Readonly<Record<string, string>>): Promise<string> {
  const child = startAnalyzer(env);
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = await once(child, 'close');
  return `${code} ${output}`;
}

test('an analyzer takes databases only as the store has them, and a part of them when told', async () => {
  expect(await faultOf({})).toMatch(/^64 DATABASE_URLS: database 1 of 2 is no part of this store/);
  const db = openDatabase(urls);
  await claimShards(db);
  expect(await faultOf({ MAINTAIN_DATABASES: '3' })).toMatch(/^64 .*no database 3 among 2/);
  const helper = startAnalyzer({ ANALYZER_JUDGES: 'false', MAINTAIN_DATABASES: '2' });
  const [line] = (await once(helper.stdout, 'data')) as [Buffer];
  expect(JSON.parse(line.toString())).toEqual({ ready: true, maintains: 1 });
  await endProcess(helper, 'SIGTERM');
  expect(helper.exitCode).toBe(0);
  expect(await readJudgedSecond(db)).toBeUndefined();

  const judge = startAnalyzer({});
  await expect.poll(() => readJudgedSecond(db), { timeout: 60_000 }).toBeGreaterThan(0);
  await endProcess(judge, 'SIGTERM');
  await closeDatabase(db);
}, 240_000);
