import { z } from 'zod';
import type { Incident } from '#analysis/incident/incident.ts';
import { readIncidents } from '#store/incidents/read-incidents.ts';
import { type RunningStack, runStack, waitFor } from '#tests/support/run-stack.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

const Run = z.object({
  id: z.string(),
  state: z.enum(['running', 'done', 'failed', 'stopped']),
  startedUnixNano: z.coerce.bigint(),
  steps: z.array(
    z.object({
      atSeconds: z.number(),
      state: z.string(),
      atUnixNano: z.coerce.bigint().optional(),
      doneUnixNano: z.coerce.bigint().optional(),
      detail: z.string().optional(),
    }),
  ),
});
export interface PlayedRun extends z.infer<typeof Run> {
  /** What comes later is the mending's. */
  readonly overUnixNano: bigint;
}

/** The lab with Detour beside it, without a dashboard: the store is read by the test itself. */
export interface ScenarioLab {
  readonly store: TestStore;
  readonly stack: RunningStack;
  readonly remove: () => Promise<void>;
}

export async function startScenarioLab(requestsPerSecond: number): Promise<ScenarioLab> {
  const store = await startTestStore();
  const stack = await runStack({
    lab: true,
    dashboard: false,
    flags: ['--rps', `${requestsPerSecond}`],
    env: { DATABASE_URL: store.url },
  });
  return {
    store,
    stack,
    remove: async () => {
      await stack.remove();
      await store.stop();
    },
  };
}

export interface Play {
  readonly scenario: string;
  readonly speed: number;
  readonly seed?: number;
  readonly lessons?: readonly string[];
}

/** Plays one scenario to its end. Fails with the step that failed. */
export async function playScenario(lab: ScenarioLab, play: Play): Promise<PlayedRun> {
  const started = Run.parse(await askLab(lab, 'POST', '/runs', play));
  let run = started;
  await waitFor(
    async () => {
      run = Run.parse(await askLab(lab, 'GET', '/run'));
      return run.state !== 'running';
    },
    { limitMs: 600_000, describe: () => `${play.scenario} did not end` },
  );
  const overUnixNano = BigInt(Date.now()) * 1_000_000n;
  // What the story leaves behind is brought back at once: the next one is to begin from calm.
  await askLab(lab, 'POST', '/run/stop');
  const failed = run.steps.find((step) => step.state === 'failed');
  if (run.id !== started.id || run.state !== 'done') {
    throw new Error(
      `${play.scenario} ended as ${run.state}: ${failed?.detail ?? 'no step failed'}`,
    );
  }
  return { ...run, overUnixNano };
}

/** What the mending breaks is told a few seconds later: the next story is not to be taken for its end. */
const CALM_MS = 6000;

/** What Detour holds of the run, once nothing is under way any more and calm has lasted; ascending. */
export async function settledIncidents(
  { store }: ScenarioLab,
  run: PlayedRun,
  limitMs: number,
): Promise<readonly Incident[]> {
  let found: readonly Incident[] = [];
  let calmSinceMs: number | undefined;
  await waitFor(
    async () => {
      found = await readIncidents(store.db);
      const isCalm = found.every((incident) => incident.state === 'resolved');
      calmSinceMs = isCalm ? (calmSinceMs ?? performance.now()) : undefined;
      return calmSinceMs !== undefined && performance.now() - calmSinceMs >= CALM_MS;
    },
    {
      limitMs,
      describe: () =>
        `still open: ${JSON.stringify(found[0]?.events.map((e) => `${e.kind} ${e.subject}`))}`,
    },
  );
  return found
    .filter(({ startUnixNano, endUnixNano }) => {
      const isBefore = (endUnixNano ?? startUnixNano) < run.startedUnixNano;
      return !isBefore && startUnixNano < run.overUnixNano;
    })
    .toReversed();
}

async function askLab(
  { stack }: ScenarioLab,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(`${stack.labUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!response.ok)
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
