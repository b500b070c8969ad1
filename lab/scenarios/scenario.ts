/** One thing done to the lab, through the admin API of the part that it concerns. */
export type LabAction =
  | { readonly kind: 'release'; readonly release: string; readonly drop: readonly string[] }
  | { readonly kind: 'rollback'; readonly touched: boolean }
  /** Passed to the control plane as it is. */
  | { readonly kind: 'control-plane-fault'; readonly fault: Readonly<Record<string, unknown>> }
  | { readonly kind: 'dns-fault'; readonly fault: Readonly<Record<string, unknown>> }
  | { readonly kind: 'relay-fault'; readonly fault: Readonly<Record<string, unknown>> }
  | { readonly kind: 'clear-faults'; readonly part: 'control-plane' | 'dns' | 'relay' }
  | { readonly kind: 'signal'; readonly process: string; readonly signal: Signal }
  | {
      readonly kind: 'start';
      readonly process: string;
      readonly env?: Readonly<Record<string, string>>;
      /** Of the control plane: it counts on from where it was ended. */
      readonly versions?: 'continued';
    }
  /** The sidecars of these will not refuse a configuration that is too large, but die of it, again after each start. */
  | { readonly kind: 'hard-limit'; readonly instances: readonly string[] }
  /** Stops an instance with its sidecar and starts both at the address whose last number is `host`. */
  | { readonly kind: 'move'; readonly instance: string; readonly host: number }
  /** All of the caller's sidecars find the callee by `mode` from now on. */
  | {
      readonly kind: 'route';
      readonly caller: string;
      readonly callee: string;
      readonly mode: 'xds' | 'dns';
    }
  /** The gateway's own gRPC channel to login. `fresh`: a new one instead of the one that was kept. */
  | { readonly kind: 'route-login'; readonly mode: 'xds' | 'dns'; readonly fresh: boolean }
  | {
      readonly kind: 'service-fault';
      readonly service: string;
      readonly extraMs: number;
      readonly errorRatio: number;
    }
  /** So many further xDS clients, which route nothing. */
  | { readonly kind: 'herd'; readonly streams: number }
  /** Times the rate that the load was started with. */
  | { readonly kind: 'load'; readonly factor: number };

export type Signal = 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT';

export interface Step {
  /** On the scenario's own clock, from its start. */
  readonly atSeconds: number;
  /** The scenario's clock as the story tells it, e.g. `18:58`. */
  readonly clock?: string;
  /** Set where the time was published: `18:07`. Times without it are the lab's own. */
  readonly historic?: string;
  readonly title: string;
  /** What should be seen after it. */
  readonly expect: string;
  /** Empty = nothing is done, something is to be seen. */
  readonly actions: readonly LabAction[];
}

/** One event that a timeline made from telemetry alone must show. */
interface ExpectedEvent {
  /** In the words of the incident timeline, e.g. `failures-began`. */
  readonly event: string;
  /** In its words too; a shift may name its edge. */
  readonly subject: string;
  /**
   * On the scenario's clock. What lies behind the last step before it are real seconds, whatever the speed: the time that
   * the parts take by themselves, e.g. the 15 s of a missing cluster.
   */
  readonly atSeconds: number;
  /** Real seconds, whatever the speed. */
  readonly toleranceSeconds: number;
}

/** A rehearsed outage: what is done and when, and the truth that its telemetry is judged by. Never sent to Detour. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly story: string;
  readonly cites: readonly { readonly title: string; readonly what: string }[];
  readonly rootCause: string;
  /** How the title of the incident must begin: with what happened, where telemetry can tell it. */
  readonly headline?: string;
  /** Services that the incident must name: those that lost something, whether or not a failed call tells of it. */
  readonly names?: readonly string[];
  /** Edges on which calls fail at some time, as `client → server`. */
  readonly hits: readonly string[];
  /** Edges whose calls become slow without failing, as `client → server`; one with few calls may go unnoticed. */
  readonly slows?: readonly string[];
  /** Further services whose calls may fail, by who is asked when. */
  readonly touches?: readonly string[];
  /** How the control plane runs the mesh for this story, beside what the lessons say of it; fields of its policy. */
  readonly policy?: Readonly<Record<string, unknown>>;
  readonly durationSeconds: number;
  /** Seconds of the scenario in one real second. */
  readonly defaultSpeed: number;
  readonly steps: readonly Step[];
  readonly timeline: readonly ExpectedEvent[];
}

/** How every story begins, so that there is something for the outage to differ from. */
export const CALM: Step = {
  atSeconds: 0,
  title: 'Calm before',
  expect: 'every edge on the mesh, no errors',
  actions: [],
};

/** Real time from the start of a run until a step, in ms. */
export function delayMs(atSeconds: number, speed: number): number {
  return (atSeconds / speed) * 1000;
}

/** `HH:MM` to seconds after `start`, on the same day. */
export function secondsAfter(start: string, clock: string): number {
  return 60 * (minutesOf(clock) - minutesOf(start));
}

function minutesOf(clock: string): number {
  const [hours, minutes] = clock.split(':').map(Number);
  if (hours === undefined || minutes === undefined || !Number.isFinite(hours + minutes)) {
    throw new RangeError(`${clock} is no time of day`);
  }
  return 60 * hours + minutes;
}
