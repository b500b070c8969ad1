import {
  elapsedNs,
  fromUnixMs,
  NS_PER_SECOND,
  type TimeWindow,
  toUnixMs,
  type UnixNano,
} from '#telemetry/time.ts';
import { formatClock, formatClockMs, formatDay, formatMinute } from '#views/format/format-time.ts';
import { roundTicks } from '#views/time/round-ticks.ts';

const MOST = 8;
const DAY_SECONDS = 86_400;

export interface TimeMark {
  readonly at: UnixNano;
  readonly text: string;
}

/** The marks under a chart of `window`: round instants, or its two ends where it is too short for any. */
export function timeMarks(window: TimeWindow): readonly TimeMark[] {
  const { startUnixNano: start, endUnixNano: end } = window;
  if (elapsedNs(start, end) < 2 * NS_PER_SECOND) {
    return [start, end].map((at) => ({ at, text: formatClockMs(at) }));
  }
  const { seconds, stepSeconds } = roundTicks(toUnixMs(start) / 1000, toUnixMs(end) / 1000, MOST);
  const format =
    stepSeconds < 60 ? formatClock : stepSeconds < DAY_SECONDS ? formatMinute : formatDay;
  return seconds.map((second) => {
    const at = fromUnixMs(second * 1000);
    return { at, text: format(at) };
  });
}
