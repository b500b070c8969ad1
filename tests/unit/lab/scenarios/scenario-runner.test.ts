import { describe, expect, it } from 'vitest';
import { USUAL_LESSONS } from '#lab/scenarios/lessons.ts';
import type { LabAction, Scenario, Step } from '#lab/scenarios/scenario.ts';
import type { LogLine, Run } from '#lab/scenarios/scenario-run.ts';
import { ScenarioRunner } from '#lab/scenarios/scenario-runner.ts';

const kill: LabAction = { kind: 'signal', process: 'control-plane', signal: 'SIGKILL' };
const story: Scenario = {
  name: 'story',
  title: 'A story',
  story: '',
  cites: [],
  rootCause: 'control-plane',
  hits: [],
  durationSeconds: 3,
  defaultSpeed: 1,
  steps: [
    { atSeconds: 0, title: 'calm', expect: '', actions: [] },
    { atSeconds: 1, title: 'kill', expect: '', actions: [kill] },
  ],
  timeline: [],
};

function runnerWith(perform: (action: LabAction) => Promise<undefined>) {
  const log: LogLine[] = [];
  const mends: number[] = [];
  const learnt: (readonly string[])[] = [];
  const policies: unknown[] = [];
  const runner = new ScenarioRunner({
    controls: {
      perform,
      mend: async () => {
        mends.push(log.length);
        return [];
      },
      learn: async (lessons, policy) => {
        learnt.push(lessons);
        policies.push(policy);
      },
      reseed: async () => undefined,
      readLoad: async () => [],
    },
    now: Date.now,
    writeLog: async (line) => void log.push(line),
  });
  const ended = new Promise<Run>((resolve) => {
    runner.listen((run) => {
      if (run.state !== 'running') resolve(run);
    });
  });
  return { runner, log, mends, learnt, policies, ended };
}

describe('ScenarioRunner', () => {
  it('does the steps in order and logs each with its target', async () => {
    const done: LabAction[] = [];
    const { runner, log, ended } = runnerWith(async (action) => {
      done.push(action);
      return undefined;
    });
    runner.start({ scenario: story, speed: 1000, seed: 1, lessons: USUAL_LESSONS });
    const run = await ended;
    expect(run.state).toBe('done');
    expect(done).toEqual([kill]);
    expect(log.map(({ step, target }) => [step, target])).toEqual([
      ['the lab is brought to its usual state', 'lab'],
      ['begin', 'story'],
      ['calm', 'lab'],
      ['kill', 'control-plane'],
      ['end', 'story'],
    ]);
  });

  it('fails with the reason of the step that failed', async () => {
    const { runner, ended } = runnerWith(() => Promise.reject(new Error('no such process')));
    runner.start({ scenario: story, speed: 1000, seed: 1, lessons: USUAL_LESSONS });
    const run = await ended;
    expect(run.state).toBe('failed');
    expect(run.steps.map(({ state, detail }) => [state, detail])).toEqual([
      ['done', undefined],
      ['failed', 'no such process'],
    ]);
  });

  it('puts its lessons in force before the first step and back after the last', async () => {
    const told: unknown[] = [];
    const { runner, log, learnt, ended } = runnerWith(async () => {
      told.push([...learnt]);
      return undefined;
    });
    const lessons = [...USUAL_LESSONS, 'dns-fallback'] as const;
    runner.start({ scenario: story, speed: 1000, seed: 1, lessons });
    await ended;
    expect(told).toEqual([[lessons]]);
    expect(learnt).toEqual([lessons, USUAL_LESSONS]);
    expect(log.at(-1)).toMatchObject({ step: 'the lessons are as usual again' });
  });

  it("puts the scenario's own policy in force beside the usual lessons, and takes it back", async () => {
    const { runner, learnt, policies, ended } = runnerWith(async () => undefined);
    const policy = { endpointTtlSeconds: 6 };
    const scenario = { ...story, policy };
    runner.start({ scenario, speed: 1000, seed: 1, lessons: USUAL_LESSONS });
    await ended;
    expect(learnt).toEqual([USUAL_LESSONS, USUAL_LESSONS]);
    expect(policies).toEqual([policy, undefined]);
  });

  it('plays one at a time', () => {
    const { runner } = runnerWith(async () => undefined);
    expect(
      runner.start({ scenario: story, speed: 1000, seed: 1, lessons: USUAL_LESSONS }),
    ).toBeDefined();
    expect(
      runner.start({ scenario: story, speed: 1000, seed: 1, lessons: USUAL_LESSONS }),
    ).toBeUndefined();
  });

  it('holds its clock while it is paused, and goes on from there', async () => {
    const done: LabAction[] = [];
    let nowMs = 1_000_000;
    const runner = new ScenarioRunner({
      controls: {
        perform: async (action) => void done.push(action),
        mend: async () => [],
        learn: async () => undefined,
        reseed: async () => undefined,
        readLoad: async () => [],
      },
      now: () => nowMs,
      writeLog: async () => undefined,
    });
    const calm = new Promise((resolve) => {
      runner.listen((run) => run.steps[0]?.state === 'done' && resolve(undefined));
    });
    runner.start({ scenario: story, speed: 1, seed: 1, lessons: [] });
    await calm;
    nowMs += 500;
    expect(runner.pause()?.state).toBe('paused');
    expect(runner.start({ scenario: story, speed: 1, seed: 1, lessons: [] })).toBeUndefined();
    nowMs += 60_000;
    expect(runner.current()?.elapsedSeconds).toBe(0.5);
    expect(done).toEqual([]);
    expect(runner.resume()?.state).toBe('running');
    expect(runner.current()?.elapsedSeconds).toBe(0.5);
    expect(runner.resume()).toBeUndefined();
    await runner.stop();
  });

  it('holds its clock while a step is being done, so that what follows keeps its distance', async () => {
    let nowMs = 1_000_000;
    const runner = new ScenarioRunner({
      controls: {
        // A loaded machine.
        perform: async () => {
          nowMs += 30_000;
          return undefined;
        },
        mend: async () => [],
        learn: async () => undefined,
        reseed: async () => undefined,
        readLoad: async () => [],
      },
      now: () => nowMs,
      writeLog: async () => undefined,
    });
    const killed = new Promise<Run>((resolve) => {
      runner.listen((run) => run.steps[1]?.state === 'done' && resolve(run));
    });
    const first = { ...story.steps[1], atSeconds: 0 } as Step;
    const scenario = { ...story, steps: [story.steps[0] as Step, first] };
    runner.start({ scenario, speed: 1, seed: 1, lessons: USUAL_LESSONS });
    expect((await killed).elapsedSeconds).toBe(0);
    nowMs += 250;
    expect(runner.current()?.elapsedSeconds).toBe(0.25);
    await runner.stop();
  });

  it('can be stopped while it is paused', async () => {
    const { runner } = runnerWith(async () => undefined);
    runner.start({ scenario: story, speed: 0.001, seed: 1, lessons: [] });
    runner.pause();
    await runner.stop();
    expect(runner.current()?.state).toBe('stopped');
    expect(runner.pause()).toBeUndefined();
  });

  it('stops at once and mends the lab', async () => {
    const { runner, mends } = runnerWith(async () => undefined);
    runner.start({ scenario: story, speed: 0.001, seed: 1, lessons: USUAL_LESSONS });
    await runner.stop();
    expect(runner.current()?.state).toBe('stopped');
    expect(mends).toHaveLength(2);
  });
});
