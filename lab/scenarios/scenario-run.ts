import type { Safeguard } from '#telemetry/safeguard.ts';
import type { Step } from './scenario.ts';

type RunState = 'running' | 'paused' | 'done' | 'failed' | 'stopped';
type StepState = 'waiting' | 'running' | 'done' | 'failed';

export interface StepRun extends Omit<Step, 'actions'> {
  readonly state: StepState;
  /** When it was done, not when it was due. */
  readonly atUnixNano?: string;
  /** When its last action was done. */
  readonly doneUnixNano?: string;
  readonly detail?: string;
}

/** One line of the scenario's own log. */
export interface LogLine {
  readonly time: string;
  readonly unixNano: string;
  readonly step: string;
  readonly target: string;
  readonly [detail: string]: unknown;
}

export interface Run {
  readonly id: string;
  readonly scenario: string;
  readonly state: RunState;
  readonly startedUnixNano: string;
  readonly speed: number;
  readonly seed: number;
  /** In force for the whole run; all others are not. */
  readonly lessons: readonly Safeguard[];
  /** On the scenario's clock. */
  readonly elapsedSeconds: number;
  readonly durationSeconds: number;
  readonly steps: readonly StepRun[];
  readonly log: readonly LogLine[];
}

/** Not over: it goes on, or is held. */
export function isUnderWay(run: Run | undefined): run is Run {
  return run?.state === 'running' || run?.state === 'paused';
}
