import { addNs, fromUnixMs, NS_PER_SECOND, type UnixNano } from '#telemetry/time.ts';
import { formatIso } from './format-time.ts';

const NS_PER_DAY = 24 * 3600 * NS_PER_SECOND;
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/;
const DATE_TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(\.\d+)?Z?$/i;

/**
 * An instant as people and `datetime-local` write it, always UTC: "2022-03-08 18:07", "2022-03-08T18:07:02Z", or a time
 * of day ("18:07"), which is the latest one not after `now`. undefined for anything else.
 */
export function parseUtcTime(text: string, now: UnixNano): UnixNano | undefined {
  const clock = CLOCK.exec(text.trim());
  if (clock !== null) {
    const [, hour = '', minute = '', second = '00'] = clock;
    const day = formatIso(now).slice(0, 10);
    const at = toInstant(`${day}T${hour.padStart(2, '0')}:${minute}:${second}Z`);
    return at === undefined || at <= now ? at : addNs(at, -NS_PER_DAY);
  }
  const [, day, minutes, seconds = ':00', fraction = ''] = DATE_TIME.exec(text.trim()) ?? [];
  return day === undefined ? undefined : toInstant(`${day}T${minutes}${seconds}${fraction}Z`);
}

function toInstant(iso: string): UnixNano | undefined {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) || ms < 0 ? undefined : fromUnixMs(ms);
}
