import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCallEdges } from '#store/call-edges/read-call-edges.ts';
import { readIncidents } from '#store/incidents/read-incidents.ts';
import { type UnixNano, unixNano } from '#telemetry/time.ts';
import { type RunningStack, runStack, waitFor } from '#tests/support/run-stack.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

/** Enough for every client to have reported. */
const REPORTED_SECONDS = 5;
/** For so long after a start something can still be told of it: what is judged is settled for seconds. */
const TOLD_SECONDS = 10;

let store: TestStore;
let stack: RunningStack | undefined;

beforeAll(async () => {
  store = await startTestStore();
});
afterAll(async () => {
  await stack?.remove();
  await store?.stop();
});

test('a lab that was stopped and started again had no incident', { timeout: 180_000 }, async () => {
  await startLab();
  await callsAfter(REPORTED_SECONDS);
  expect(await stack?.stop()).toBe(0);
  await startLab(stack?.dataDir);
  await callsAfter(TOLD_SECONDS);
  const told = (await readIncidents(store.db)).map(({ title, cause }) => `${title}: ${cause}`);
  expect(told).toEqual([]);
});

async function startLab(dataDir?: string): Promise<void> {
  stack = await runStack({
    lab: true,
    dashboard: false,
    flags: ['--rps', '12'],
    env: { DATABASE_URL: store.url },
    ...(dataDir !== undefined && { dataDir }),
  });
}

/** Until calls have arrived that were made in `seconds` from now. */
async function callsAfter(seconds: number): Promise<void> {
  const startUnixNano = unixNano(BigInt(now()) + BigInt(seconds) * 1_000_000_000n);
  await waitFor(
    async () => {
      const endUnixNano = now();
      if (endUnixNano <= startUnixNano) return false;
      return (await readCallEdges(store.db, { startUnixNano, endUnixNano })).length > 0;
    },
    { limitMs: 60_000, describe: () => `no calls:\n${stack?.output()}` },
  );
}

function now(): UnixNano {
  return unixNano(BigInt(Date.now()) * 1_000_000n);
}
