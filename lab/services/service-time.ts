/**
 * Time that a handler works, log-normal as service times are: the median in ms and the spread of the logarithm.
 * `roll` gives numbers uniform in [0, 1).
 */
export interface ServiceTime {
  readonly medianMs: number;
  readonly spread: number;
}

/** No request of the lab works longer than this by itself, however unlikely the roll. */
const LIMIT_MS = 250;

export function drawServiceTimeMs(time: ServiceTime, roll: () => number): number {
  return Math.min(LIMIT_MS, time.medianMs * Math.exp(time.spread * normal(roll)));
}

/** Box and Muller, A Note on the Generation of Random Normal Deviates, 1958. */
function normal(roll: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - roll()));
  return radius * Math.cos(2 * Math.PI * roll());
}
