import {
  addNs,
  fromUnixMs,
  NS_PER_SECOND,
  type TimeWindow,
  type UnixNano,
} from '#telemetry/time.ts';

export function now(): UnixNano {
  return fromUnixMs(Date.now());
}

/** The `seconds` that end at `end`. */
export function lastSeconds(seconds: number, end: UnixNano): TimeWindow {
  return { startUnixNano: addNs(end, -seconds * NS_PER_SECOND), endUnixNano: end };
}
