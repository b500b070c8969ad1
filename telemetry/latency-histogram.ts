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

/** Values outside the range fall into the first or last bucket. */
export function bucketOf(durationNs: number): number {
  if (durationNs <= 0) return 0;
  const bucket = Math.floor((Math.log2(durationNs) - MIN_EXPONENT) * PER_OCTAVE);
  return bucket < 0 ? 0 : bucket >= LATENCY_BUCKETS ? LATENCY_BUCKETS - 1 : bucket;
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
