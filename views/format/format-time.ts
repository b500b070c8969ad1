import {
  elapsedNs,
  fromUnixMs,
  NS_PER_MS,
  NS_PER_SECOND,
  type TimeWindow,
  toUnixMs,
  type UnixNano,
} from '#telemetry/time.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const NS_PER_MINUTE = 60 * NS_PER_SECOND;
const NS_PER_HOUR = 60 * NS_PER_MINUTE;
const NS_PER_DAY = 24 * NS_PER_HOUR;

/** The browser's clock. Views take instants as arguments; only what must tick by itself asks here. */
export function nowUnixNano(): UnixNano {
  return fromUnixMs(Date.now());
}

/** RFC 3339 in UTC with milliseconds, for `<time dateTime>` and links. */
export function formatIso(instant: UnixNano): string {
  return new Date(toUnixMs(instant)).toISOString();
}

/** "14:08:12", UTC. */
export function formatClock(instant: UnixNano): string {
  return formatIso(instant).slice(11, 19);
}

/** "14:08", UTC. */
export function formatMinute(instant: UnixNano): string {
  return formatIso(instant).slice(11, 16);
}

/** "14:08:12.345", UTC. */
export function formatClockMs(instant: UnixNano): string {
  return formatIso(instant).slice(11, 23);
}

/** "8 Mar 2022", UTC. */
export function formatDay(instant: UnixNano): string {
  const date = new Date(toUnixMs(instant));
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** "8 Mar 2022 18:07:02 UTC". */
export function formatDateTime(instant: UnixNano): string {
  return `${formatDay(instant)} ${formatClock(instant)} UTC`;
}

/** The reader's own time zone, for hovering only. */
export function formatLocal(instant: UnixNano): string {
  return new Date(toUnixMs(instant)).toLocaleString(undefined, {
    dateStyle: 'medium',
    timeStyle: 'long',
  });
}

/** "14:05:12 – 14:08:12 UTC"; days are added when the window spans more than one. */
export function formatWindow(window: TimeWindow): string {
  const startDay = formatDay(window.startUnixNano);
  const endDay = formatDay(window.endUnixNano);
  const start = formatClock(window.startUnixNano);
  const end = formatClock(window.endUnixNano);
  return startDay === endDay
    ? `${start} – ${end} UTC`
    : `${startDay} ${start} – ${endDay} ${end} UTC`;
}

/** A length as measured: "840 ns", "12 µs", "3 ms", "1.12 s", "1m 12s", "2h 28m". */
export function formatDuration(ns: number): string {
  if (ns < 0) return `−${formatDuration(-ns)}`;
  if (ns < 1000) return `${Math.round(ns)} ns`;
  if (ns < NS_PER_MS) return `${figures(ns / 1000)} µs`;
  if (ns < NS_PER_SECOND) return `${figures(ns / NS_PER_MS)} ms`;
  if (ns < NS_PER_MINUTE) return `${figures(ns / NS_PER_SECOND)} s`;
  return coarse(ns);
}

/** A quantile from a histogram, whose buckets are ±9 %: no more figures than it knows. "3.2 ms", "38 ms", "1.1 s". */
export function formatLatency(ns: number): string {
  if (ns < NS_PER_MS) return `${Math.round(ns / 1000)} µs`;
  const [value, unit] = ns < NS_PER_SECOND ? [ns / NS_PER_MS, 'ms'] : [ns / NS_PER_SECOND, 's'];
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** How long something has lasted: "0.8 s", "12 s", "1m 12s", "2h 05m", "3d 4h". */
export function formatAge(ns: number): string {
  const seconds = Math.max(0, ns) / NS_PER_SECOND;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  return coarse(ns);
}

/** `formatAge` of the time between two instants. */
export function formatAgeAt(since: UnixNano, now: UnixNano): string {
  return formatAge(elapsedNs(since, now));
}

/** "T+1m 12s": time into an incident or a drill, in whole seconds; never minus nought. */
export function formatOffset(ns: number): string {
  const seconds = Math.round(ns / NS_PER_SECOND);
  return `T${seconds < 0 ? '−' : '+'}${formatAge(Math.abs(seconds) * NS_PER_SECOND).replace('.0', '')}`;
}

/** Two figures below 10, none after the point above: 3 ms, 1.12 s, 38 ms. */
function figures(value: number): string {
  if (value < 9.995) return String(Number(value.toPrecision(value < 1 ? 2 : 3)));
  return value < 99.5 ? String(Number(value.toFixed(1))) : Math.round(value).toString();
}

function coarse(ns: number): string {
  if (ns < NS_PER_HOUR) {
    return `${Math.floor(ns / NS_PER_MINUTE)}m ${pad(Math.floor((ns % NS_PER_MINUTE) / NS_PER_SECOND))}s`;
  }
  if (ns < NS_PER_DAY) {
    return `${Math.floor(ns / NS_PER_HOUR)}h ${pad(Math.floor((ns % NS_PER_HOUR) / NS_PER_MINUTE))}m`;
  }
  return `${Math.floor(ns / NS_PER_DAY)}d ${Math.floor((ns % NS_PER_DAY) / NS_PER_HOUR)}h`;
}

function pad(value: number): string {
  return value.toString().padStart(2, '0');
}
