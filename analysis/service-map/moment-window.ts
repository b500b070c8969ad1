import {
  addNs,
  NS_PER_SECOND,
  secondOf,
  startOfSecond,
  type TimeWindow,
  type UnixNano,
  unixSecond,
} from '#telemetry/time.ts';
import { LIVE_WINDOW_SECONDS } from './service-map.ts';

/**
 * The seconds that a map of one moment shows: the moment's own, whole, and those before it. An instant has no rate, and a
 * replay's frame is a second, so that both show the same.
 */
export function momentWindow(at: UnixNano): TimeWindow {
  const endUnixNano = startOfSecond(unixSecond(secondOf(at) + 1));
  return { startUnixNano: addNs(endUnixNano, -LIVE_WINDOW_SECONDS * NS_PER_SECOND), endUnixNano };
}
