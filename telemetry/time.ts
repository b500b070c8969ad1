/** An instant: nanoseconds since the Unix epoch, as on the OTLP wire. Exceeds 2^53, so a bigint. */
export type UnixNano = bigint & { readonly __unit: 'unixNano' };

/** A whole second since the Unix epoch: the key of a roll-up bucket. Fits a number for 285 million years. */
export type UnixSecond = number & { readonly __unit: 'unixSecond' };

/** Half-open: `start` is inside, `end` is not. */
export interface TimeWindow {
  readonly startUnixNano: UnixNano;
  readonly endUnixNano: UnixNano;
}

export const NS_PER_MS = 1_000_000;
export const NS_PER_SECOND = 1_000_000_000;

export function unixNano(value: bigint): UnixNano {
  return value as UnixNano;
}

export function unixSecond(value: number): UnixSecond {
  return value as UnixSecond;
}

/** Nanoseconds from `from` to `to`. A number: exact up to 2^53 ns, about 104 days. */
export function elapsedNs(from: UnixNano, to: UnixNano): number {
  return Number(to - from);
}

export function addNs(instant: UnixNano, ns: number): UnixNano {
  return unixNano(instant + BigInt(Math.round(ns)));
}

/** The roll-up bucket that an instant falls in. */
export function secondOf(instant: UnixNano): UnixSecond {
  return unixSecond(Number(instant / 1_000_000_000n));
}

/** The instant at which a bucket begins. */
export function startOfSecond(second: UnixSecond): UnixNano {
  return unixNano(BigInt(second) * 1_000_000_000n);
}

/** The instant at which it is over, and the next begins. */
export function endOfSecond(second: UnixSecond): UnixNano {
  return startOfSecond(unixSecond(second + 1));
}

/** `ms` as `Date.now()` gives it. */
export function fromUnixMs(ms: number): UnixNano {
  return unixNano(BigInt(Math.round(ms * 1000)) * 1000n);
}

/** Rounded down to the millisecond. */
export function toUnixMs(instant: UnixNano): number {
  return Number(instant / 1_000_000n);
}
