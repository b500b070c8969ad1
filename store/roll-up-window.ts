import type { TimeWindow } from '#telemetry/time.ts';

const NS_PER_SECOND = 1_000_000_000n;

/** The seconds that a window touches: from the first, up to but without the last. */
export function secondsOf(window: TimeWindow): { readonly from: number; readonly to: number } {
  return {
    from: Number(window.startUnixNano / NS_PER_SECOND),
    to: Number((window.endUnixNano + NS_PER_SECOND - 1n) / NS_PER_SECOND),
  };
}
