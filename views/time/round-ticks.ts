const STEPS_SECONDS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200,
];
const DAY_SECONDS = 86_400;

/** Round instants for the marks of a clock: a reader looks for 14:05:30, not for 14:05:27. */
export interface RoundTicks {
  /** Whole seconds since the epoch, within the time asked for. */
  readonly seconds: readonly number[];
  readonly stepSeconds: number;
}

/** At most `most` marks (one at least is asked for) between two seconds, both included; they may be fractions. */
export function roundTicks(fromSecond: number, toSecond: number, most: number): RoundTicks {
  const length = Math.max(0, toSecond - fromSecond);
  const whole = Math.max(1, most);
  const step =
    STEPS_SECONDS.find((size) => length / size <= whole) ??
    Math.ceil(length / whole / DAY_SECONDS) * DAY_SECONDS;
  const first = Math.ceil(fromSecond / step) * step;
  const count = Math.floor((toSecond - first) / step) + 1;
  return {
    seconds: Array.from({ length: Math.max(0, count) }, (_, i) => first + i * step),
    stepSeconds: step,
  };
}
