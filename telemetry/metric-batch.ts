import type { UnixNano } from './time.ts';

/** In the order of the codes in the store: append only. */
export const METRIC_KINDS = [
  'gauge',
  'sum',
  'histogram',
  'exponential-histogram',
  'summary',
] as const;
export type MetricKind = (typeof METRIC_KINDS)[number];

/** Everything about a metric point but its time and value. */
export interface MetricSeries {
  /** Hash of the rest, 64 bits. */
  readonly id: bigint;
  readonly name: string;
  readonly unit: string;
  readonly service: string;
  readonly instance: string;
  readonly kind: MetricKind;
  readonly monotonic: boolean;
  readonly delta: boolean;
  /** OTLP KeyValue messages as field 1 of a message. */
  readonly attributes: Uint8Array;
  readonly resource: Uint8Array;
}

/** One point as it goes to the store. */
export interface MetricRow {
  readonly series: MetricSeries;
  readonly unixNano: UnixNano;
  /** Of a cumulative sum or histogram that says since when it counts. */
  readonly startUnixNano?: UnixNano;
  /** The number of a gauge or sum; the sum of the others. */
  readonly value: number;
  readonly count: number;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

export interface DecodedMetrics {
  readonly rows: readonly MetricRow[];
  /** Points left out, by reason. */
  readonly rejected: ReadonlyMap<string, number>;
}
