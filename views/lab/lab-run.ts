/** What the lab's scenario runner says; its own log never reaches Detour's judgement. */
export interface LabScenario {
  readonly name: string;
  readonly title: string;
  readonly story: string;
  readonly cites: readonly { readonly title: string; readonly what: string }[];
  readonly rootCause: string;
  readonly durationSeconds: number;
  readonly defaultSpeed?: number;
  readonly steps: readonly LabStep[];
}

/** What was learnt from an outage; in force for a whole run or not. */
export interface LabLesson {
  readonly name: string;
  readonly title: string;
  readonly technical: string;
  readonly effect: string;
  readonly taughtBy: { readonly title: string; readonly what: string };
  /** Names of those in which it changes what users see. */
  readonly scenarios: readonly string[];
  /** In force unless a run goes without it. */
  readonly isUsual: boolean;
}

export interface LabStep {
  /** On the scenario's own clock, from its start. */
  readonly atSeconds: number;
  readonly clock?: string;
  /** Set where the time was published. */
  readonly historic?: string;
  readonly title: string;
  readonly expect: string;
}

export type StepState = 'waiting' | 'running' | 'done' | 'failed';

export interface LabStepRun extends LabStep {
  readonly state: StepState;
  /** Decimal digits, as in OTLP/JSON. */
  readonly atUnixNano?: string;
  readonly detail?: string;
}

export interface LabRun {
  readonly id: string;
  readonly scenario: string;
  readonly state: 'running' | 'paused' | 'done' | 'failed' | 'stopped';
  readonly startedUnixNano: string;
  readonly speed: number;
  readonly seed: number;
  readonly lessons?: readonly string[];
  /** On the scenario's clock. */
  readonly elapsedSeconds: number;
  readonly steps: readonly LabStepRun[];
}
