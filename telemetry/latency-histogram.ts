/**
 * Additive latency histogram: four buckets an octave from 2^10 ns (1 µs) to 2^38 ns (275 s), so a quantile is
 * within ±9 % of the true value. The base-2 layout of OTLP's exponential histogram at scale 2
 * (opentelemetry/proto/metrics/v1/metrics.proto, ExponentialHistogram).
 */
export type LatencyHistogram = Uint32Array;

const MIN_EXPONENT = 10;
const MAX_EXPONENT = 38;
const PER_OCTAVE = 4;
export const LATENCY_BUCKETS = (MAX_EXPONENT - MIN_EXPONENT) * PER_OCTAVE;

export function emptyHistogram(): LatencyHistogram {
  return new Uint32Array(LATENCY_BUCKETS);
}

const LEAST_NS = 2 ** MIN_EXPONENT;
const MOST_NS = 2 ** MAX_EXPONENT;
/** Where the buckets of an octave from 1 to 2 begin, but for the first. */
const SECOND_QUARTER = 2 ** (1 / PER_OCTAVE);
const THIRD_QUARTER = 2 ** (2 / PER_OCTAVE);
const FOURTH_QUARTER = 2 ** (3 / PER_OCTAVE);

/** Values outside the range fall into the first or last bucket. By comparing: a logarithm costs several times as much. */
export function bucketOf(durationNs: number): number {
  if (durationNs < LEAST_NS) return 0;
  if (durationNs >= MOST_NS) return LATENCY_BUCKETS - 1;
  const octave = 31 - Math.clz32(durationNs / LEAST_NS);
  const inOctave = durationNs / (LEAST_NS * (1 << octave));
  const upper = inOctave >= FOURTH_QUARTER ? 3 : 2;
  const lower = inOctave >= SECOND_QUARTER ? 1 : 0;
  return octave * PER_OCTAVE + (inOctave >= THIRD_QUARTER ? upper : lower);
}

/** The geometric middle of a bucket, in ns. */
export function bucketMidNs(bucket: number): number {
  return 2 ** (MIN_EXPONENT + (bucket + 0.5) / PER_OCTAVE);
}

export function addHistogram(into: LatencyHistogram, other: LatencyHistogram): void {
  for (let i = 0; i < LATENCY_BUCKETS; i++) into[i] = (into[i] ?? 0) + (other[i] ?? 0);
}

/** Nearest-rank quantile in ns, `q` in (0, 1]; undefined when nothing was counted. */
export function quantileNs(histogram: LatencyHistogram, q: number): number | undefined {
  let total = 0;
  for (const count of histogram) total += count;
  if (total === 0) return undefined;
  const rank = Math.max(1, Math.ceil(q * total));
  let seen = 0;
  for (let i = 0; i < LATENCY_BUCKETS; i++) {
    seen += histogram[i] ?? 0;
    if (seen >= rank) return bucketMidNs(i);
  }
  return undefined;
}

/** Pairs of (bucket, count) as LEB128 varints, ascending: a few bytes for the usual narrow distribution. */
export function encodeHistogram(histogram: LatencyHistogram): Uint8Array {
  const bytes: number[] = [];
  for (let i = 0; i < LATENCY_BUCKETS; i++) {
    const count = histogram[i] ?? 0;
    if (count === 0) continue;
    pushVarint(bytes, i);
    pushVarint(bytes, count);
  }
  return Uint8Array.from(bytes);
}

/** Adds an encoded histogram to `into`, so that merging many rows makes no garbage. */
export function addEncodedHistogram(into: LatencyHistogram, bytes: Uint8Array): void {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('latency histogram ends inside a number');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  };
  while (at < bytes.length) {
    const bucket = varint();
    const count = varint();
    into[bucket] = (into[bucket] ?? 0) + count;
  }
}

export function decodeHistogram(bytes: Uint8Array): LatencyHistogram {
  const histogram = emptyHistogram();
  addEncodedHistogram(histogram, bytes);
  return histogram;
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}
