import type { Safeguard } from '#telemetry/safeguard.ts';
import { targetOf } from './action-target.ts';
import type { LabControls } from './lab-controls.ts';
import { USUAL_LESSONS } from './lessons.ts';
import { delayMs, type Scenario, type Step } from './scenario.ts';
import { isUnderWay, type LogLine, type Run, type StepRun } from './scenario-run.ts';

export interface RunRequest {
  readonly scenario: Scenario;
  readonly speed: number;
  readonly seed: number;
  /** In force for the whole run; all others are not. */
  readonly lessons: readonly Safeguard[];
}

interface RunnerParts {
  readonly controls: Pick<LabControls, 'perform' | 'learn' | 'mend' | 'reseed' | 'readLoad'>;
  readonly now: () => number;
  readonly writeLog: (line: LogLine) => Promise<void>;
}

/** Runs one scenario at a time against the lab, keeps its log, and tells listeners of every change. */
export class ScenarioRunner {
  readonly #parts: RunnerParts;
  readonly #listeners = new Set<(run: Run) => void>();
  #run: Run | undefined;
  #startedMs = 0;
  /** While paused: when that was. The scenario's clock stands still. */
  #pausedMs: number | undefined;
  /** While a step is being done: when it was begun. The scenario's clock stands still: what follows keeps its distance. */
  #stepMs: number | undefined;
  /** Wakes the step that is waited for. */
  #wake: () => void = () => undefined;
  #stop: AbortController | undefined;
  #ended: Promise<void> = Promise.resolve();
  #count = 0;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** With the elapsed time of now. */
  current(): Run | undefined {
    const run = this.#run;
    if (!isUnderWay(run)) return run;
    const nowMs = this.#stepMs ?? this.#pausedMs ?? this.#parts.now();
    const elapsedSeconds = ((nowMs - this.#startedMs) / 1000) * run.speed;
    return { ...run, elapsedSeconds: Math.min(run.durationSeconds, Math.max(0, elapsedSeconds)) };
  }

  listen(listener: (run: Run) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** undefined while another run is under way. */
  start(request: RunRequest): Run | undefined {
    const { scenario, speed, seed, lessons } = request;
    if (isUnderWay(this.#run)) return undefined;
    this.#pausedMs = undefined;
    this.#stepMs = undefined;
    this.#count += 1;
    this.#startedMs = this.#parts.now();
    const run: Run = {
      id: `${scenario.name}-${this.#startedMs}-${this.#count}`,
      scenario: scenario.name,
      state: 'running',
      startedUnixNano: toUnixNano(this.#startedMs),
      speed,
      seed,
      lessons,
      elapsedSeconds: 0,
      durationSeconds: scenario.durationSeconds,
      steps: scenario.steps.map(({ actions: _, ...step }) => ({ ...step, state: 'waiting' })),
      log: [],
    };
    this.#run = run;
    this.#stop = new AbortController();
    this.#ended = this.#play(request, this.#stop.signal).catch((error: unknown) =>
      this.#fail(error),
    );
    return run;
  }

  /** Ends the run that is under way, if any, and mends the lab. */
  async stop(): Promise<void> {
    this.#stop?.abort();
    await this.#ended;
    await this.#mend('stopped: everything is mended');
    if (isUnderWay(this.#run)) this.#change({ state: 'stopped' });
  }

  /** Holds the scenario's clock: no further step is begun. What was done stays done. undefined when nothing runs. */
  pause(): Run | undefined {
    if (this.#run?.state !== 'running') return undefined;
    this.#pausedMs = this.#parts.now();
    this.#change({ state: 'paused' });
    this.#wake();
    return this.current();
  }

  /** Goes on from where it was paused. undefined when nothing is paused. */
  resume(): Run | undefined {
    if (this.#run?.state !== 'paused' || this.#pausedMs === undefined) return undefined;
    // Paused before the story began, it begins now; during a step, that step's end counts the time.
    if (this.#stepMs === undefined)
      this.#startedMs += this.#parts.now() - Math.max(this.#pausedMs, this.#startedMs);
    this.#pausedMs = undefined;
    this.#change({ state: 'running' });
    this.#wake();
    return this.current();
  }

  async #play(request: RunRequest, stop: AbortSignal): Promise<void> {
    const { scenario, speed, seed, lessons } = request;
    await this.#mend('the lab is brought to its usual state');
    if (stop.aborted) return;
    // Without users the story can still be told.
    await this.#parts.controls.reseed(seed).catch(() => undefined);
    if (!isUsual(request)) await this.#parts.controls.learn(lessons, scenario.policy);
    if (stop.aborted) return;
    // Mending takes its time; the story begins when the lab is itself again.
    this.#startedMs = this.#parts.now();
    this.#change({ startedUnixNano: toUnixNano(this.#startedMs) });
    await this.#write('begin', scenario.name, {
      speed,
      seed,
      lessons,
      ...(scenario.policy && { policy: scenario.policy }),
      rootCause: scenario.rootCause,
    });
    for (const [index, step] of scenario.steps.entries()) {
      await this.#sleepUntil(delayMs(step.atSeconds, speed), stop);
      if (stop.aborted) return;
      const isDone = await this.#playStep(step, index);
      if (!isDone) {
        await this.#mend('failed: everything is mended');
        return this.#end('failed', scenario);
      }
    }
    await this.#sleepUntil(delayMs(scenario.durationSeconds, speed), stop);
    if (!stop.aborted) await this.#end('done', scenario);
  }

  async #playStep(step: Step, index: number): Promise<boolean> {
    const atMs = this.#parts.now();
    this.#stepMs = atMs;
    this.#changeStep(index, { state: 'running' });
    try {
      for (const action of step.actions) {
        const actionMs = this.#parts.now();
        const answer = await this.#parts.controls.perform(action);
        const detail = { ...action, ...(answer !== undefined && { answer }) };
        await this.#write(step.title, targetOf(action), detail, actionMs);
      }
      if (step.actions.length === 0) await this.#write(step.title, 'lab', {}, atMs);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      await this.#write(step.title, 'lab', { failed: detail });
      this.#letClockRun(atMs);
      this.#changeStep(index, { state: 'failed', atUnixNano: toUnixNano(atMs), detail });
      return false;
    }
    this.#letClockRun(atMs);
    this.#changeStep(index, {
      state: 'done',
      atUnixNano: toUnixNano(atMs),
      doneUnixNano: toUnixNano(this.#parts.now()),
    });
    return true;
  }

  /** After a step that was begun at `atMs`. */
  #letClockRun(atMs: number): void {
    this.#startedMs += (this.#pausedMs ?? this.#parts.now()) - atMs;
    this.#stepMs = undefined;
  }

  async #end(state: 'done' | 'failed', scenario: Scenario): Promise<void> {
    // The clock may have been held: the toll is of all the time since.
    const startedMs = Number(BigInt(this.#run?.startedUnixNano ?? 0) / 1_000_000n);
    const seconds = await this.#parts.controls
      .readLoad(Math.floor(startedMs / 1000))
      .catch(() => []);
    const sum = (field: 'ok' | 'failed' | 'loggedOut' | 'notSent') =>
      seconds.reduce((total, second) => total + second[field], 0);
    await this.#write('end', scenario.name, {
      state,
      requestsOk: sum('ok'),
      requestsFailed: sum('failed'),
      requestsLoggedOut: sum('loggedOut'),
      requestsNotSent: sum('notSent'),
      usersSawFailuresFrom: seconds.find((s) => s.failed + s.loggedOut > 0)?.second ?? null,
      usersSawFailuresTo: seconds.findLast((s) => s.failed + s.loggedOut > 0)?.second ?? null,
    });
    await this.#unlearn(scenario);
    this.#change({ state, elapsedSeconds: this.current()?.elapsedSeconds ?? 0 });
  }

  /** What a run was played with is put back with its end. */
  async #unlearn(scenario: Scenario): Promise<void> {
    if (isUsual({ scenario, lessons: this.#run?.lessons ?? [] })) return;
    const failed = await this.#parts.controls.learn(USUAL_LESSONS).catch(String);
    await this.#write('the lessons are as usual again', 'lab', {
      lessons: USUAL_LESSONS,
      ...(failed !== undefined && { failed }),
    });
  }

  async #fail(error: unknown): Promise<void> {
    const failed = error instanceof Error ? error.message : String(error);
    await this.#write('failed', 'lab', { failed });
    await this.#mend('failed: everything is mended');
    this.#change({ state: 'failed' });
  }

  async #mend(what: string): Promise<void> {
    const troubles = await this.#parts.controls.mend();
    await this.#write(what, 'lab', troubles.length > 0 ? { troubles } : {});
  }

  async #write(
    step: string,
    target: string,
    detail: Readonly<Record<string, unknown>>,
    atMs = this.#parts.now(),
  ): Promise<void> {
    const run = this.#run;
    const line: LogLine = {
      ...detail,
      time: new Date(atMs).toISOString(),
      unixNano: toUnixNano(atMs),
      ...(run && { run: run.id, scenario: run.scenario }),
      step,
      target,
    };
    if (run) this.#change({ log: [...run.log, line] });
    await this.#parts.writeLog(line);
  }

  /** Resolves early when the run is stopped, later when it is paused meanwhile. */
  async #sleepUntil(afterStartMs: number, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const leftMs = this.#startedMs + afterStartMs - this.#parts.now();
      if (this.#pausedMs === undefined && leftMs <= 0) return;
      await this.#sleep(this.#pausedMs === undefined ? leftMs : undefined, stop);
    }
  }

  /** For `ms`, or until woken where it is undefined; a pause, its end and a stop wake it. */
  #sleep(ms: number | undefined, stop: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stop.removeEventListener('abort', done);
        resolve();
      };
      const timer = ms === undefined ? undefined : setTimeout(done, ms);
      stop.addEventListener('abort', done);
      this.#wake = done;
    });
  }

  #changeStep(index: number, change: Partial<StepRun>): void {
    const steps = this.#run?.steps.map((step, i) => (i === index ? { ...step, ...change } : step));
    if (steps) this.#change({ steps });
  }

  #change(change: Partial<Run>): void {
    if (!this.#run) return;
    this.#run = { ...this.#run, ...change };
    const current = this.current();
    if (current) for (const listener of this.#listeners) listener(current);
  }
}

/** The mesh is run as it is between runs. */
function isUsual({ scenario, lessons }: Pick<RunRequest, 'scenario' | 'lessons'>): boolean {
  return scenario.policy === undefined && isSameSet(lessons, USUAL_LESSONS);
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}

function toUnixNano(ms: number): string {
  return (BigInt(Math.round(ms * 1000)) * 1000n).toString();
}
