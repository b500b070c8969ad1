import { METRIC_KINDS, type MetricKind } from '../metric-batch.ts';
import { hashBytes } from './hash-bytes.ts';

const UTF8 = new TextEncoder();

/** Two 32-bit hashes over all that makes a series what it is. */
export function seriesId(series: {
  readonly name: string;
  readonly unit: string;
  readonly kind: MetricKind;
  readonly delta: boolean;
  readonly monotonic: boolean;
  readonly attributes: Uint8Array;
  readonly resource: Uint8Array;
}): bigint {
  const head = UTF8.encode(
    JSON.stringify([
      series.name,
      series.unit,
      METRIC_KINDS.indexOf(series.kind),
      series.delta,
      series.monotonic,
    ]),
  );
  const hash = (seed: number): bigint => {
    let state = seed;
    for (const part of [head, series.attributes, series.resource]) {
      const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
      state = hashBytes(part, view, 0, part.length, state);
    }
    return BigInt(state);
  };
  return BigInt.asIntN(64, (hash(0x243f6a88) << 32n) | hash(0x85a308d3));
}
