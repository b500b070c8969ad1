import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandLine, isRunning, processTree } from '#tests/support/process-tree.ts';
import { type RunningStack, runStack, waitFor } from '#tests/support/run-stack.ts';

const SPANS_A_BODY = 20;
const BACK_LIMIT_MS = 30_000;
/** An exporter gives up on an answer and sends again; OpenTelemetry's default is 10 s. */
const EXPORT_TIMEOUT_MS = 3000;

/** Enough for every client of the mesh to have reported. */
const REPORTED_MS = 5000;
/** For so long after a start something can still be told of it: what is judged is settled for seconds. */
const TOLD_MS = 10_000;

/** What to end, by how its command line shows it. PostgreSQL's first process is the postmaster. */
const VICTIMS: Readonly<Record<string, RegExp>> = {
  ingester: /processes\/ingester\.js/,
  analyzer: /processes\/analyzer\.js/,
  dashboard: /processes\/dashboard\.js/,
  PostgreSQL: /^\S+\/bin\/postgres -D/,
  'control plane': /processes\/control-plane\.js/,
  'a sidecar': /processes\/sidecar\.js/,
};

let stack: RunningStack;

beforeAll(async () => {
  stack = await runStack({ lab: true });
}, 180_000);
afterAll(() => stack.remove());

describe('a planned stop', () => {
  it('and the next start tell of no incident', { timeout: 120_000 }, async () => {
    await callsAfter(REPORTED_MS);
    expect(await stack.stop()).toBe(0);
    stack = await runStack({ lab: true, dataDir: stack.dataDir });
    await callsAfter(TOLD_MS);
    expect(await read('incidents')).toEqual({ incidents: [] });
  });
});

describe.runIf(process.platform === 'linux')('kill -9 of any process', () => {
  let sender: Sender;

  beforeAll(() => {
    sender = startSending(stack.otlpHttpUrl);
  });
  afterAll(() => sender.stop());

  it.each(Object.entries(VICTIMS))(
    'of %s: it runs again and ingest goes on',
    async (_, pattern) => {
      const tree = () => processTree(stack.supervisor.pid ?? 0);
      const victim = tree().find((pid) => pattern.test(commandLine(pid)));
      expect(victim).toBeDefined();
      process.kill(victim ?? 0, 'SIGKILL');
      const ackedBefore = sender.acknowledged().length;
      await waitFor(
        () =>
          tree().some((pid) => pid !== victim && pattern.test(commandLine(pid))) &&
          sender.acknowledged().length > ackedBefore + 3,
        { limitMs: BACK_LIMIT_MS, describe: () => `it did not come back:\n${stack.output()}` },
      );
    },
  );

  it('of the supervisor: no process stays, the next start works, every acknowledged span is there', async () => {
    const all = processTree(stack.supervisor.pid ?? 0);
    expect(all.length).toBeGreaterThan(20);
    stack.supervisor.kill('SIGKILL');
    await sender.stop();
    await waitFor(() => !all.some(isRunning), {
      limitMs: BACK_LIMIT_MS,
      describe: () => `still there: ${all.filter(isRunning).map(commandLine).join('\n')}`,
    });

    stack = await runStack({ lab: false, dataDir: stack.dataDir });
    const acknowledged = sender.acknowledged();
    expect(acknowledged.length).toBeGreaterThan(20);
    const counts = await Promise.all(acknowledged.map((id) => countSpans(stack.dashboardUrl, id)));
    expect(counts.filter((count) => count !== SPANS_A_BODY)).toEqual([]);
  }, 180_000);
});

/** Until users' calls have been reported that were made in `ms` from now. */
async function callsAfter(ms: number): Promise<void> {
  const from = BigInt(Date.now() + ms) * 1_000_000n;
  await waitFor(
    async () => {
      const to = BigInt(Date.now()) * 1_000_000n;
      if (to <= from) return false;
      const { edges } = (await read(`service-map?from=${from}&to=${to}`)) as Edges;
      return edges.some(({ calls }) => calls > 0);
    },
    { limitMs: 60_000, describe: () => `nobody called:\n${stack.output()}` },
  );
}

interface Edges {
  readonly edges: readonly { readonly calls: number }[];
}

async function read(path: string): Promise<unknown> {
  const response = await fetch(`${stack.dashboardUrl}/api/v1/${path}`);
  expect(response.status, path).toBe(200);
  return response.json();
}

interface Sender {
  /** Trace ids of the bodies that were answered with 200. */
  readonly acknowledged: () => readonly string[];
  readonly stop: () => Promise<void>;
}

/** Sends one body after the other, as an exporter does: an unanswered or refused one is sent again. */
function startSending(otlpHttpUrl: string): Sender {
  const acknowledged: string[] = [];
  let stopped = false;
  const loop = (async () => {
    while (!stopped) {
      const traceId = randomBytes(16).toString('hex');
      const body = JSON.stringify(exportRequest(traceId));
      while (!stopped && !(await post(`${otlpHttpUrl}/v1/traces`, body))) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      if (!stopped) acknowledged.push(traceId);
    }
  })();
  return {
    acknowledged: () => acknowledged,
    stop: async () => {
      stopped = true;
      await loop;
    },
  };
}

async function post(url: string, body: string): Promise<boolean> {
  try {
    const headers = { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(EXPORT_TIMEOUT_MS);
    const response = await fetch(url, { method: 'POST', headers, body, signal });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function exportRequest(traceId: string): unknown {
  const now = BigInt(Date.now()) * 1_000_000n;
  const spans = Array.from({ length: SPANS_A_BODY }, (_, i) => ({
    traceId,
    spanId: randomBytes(8).toString('hex'),
    name: `step ${i}`,
    kind: 2,
    startTimeUnixNano: `${now}`,
    endTimeUnixNano: `${now + 1_000_000n}`,
  }));
  const attributes = [{ key: 'service.name', value: { stringValue: 'kill-test' } }];
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] };
}

async function countSpans(dashboardUrl: string, traceId: string): Promise<number> {
  const response = await fetch(`${dashboardUrl}/api/v1/traces/${traceId}`);
  if (!response.ok) return 0;
  return ((await response.json()) as { spans: readonly unknown[] }).spans.length;
}
