import type { Attributes } from './span.ts';
import type { UnixNano } from './time.ts';

/**
 * One number of one series at one instant. Histograms keep count, sum and explicit buckets or the exponential form
 * of OTLP; summaries keep count and sum. opentelemetry/proto/metrics/v1/metrics.proto.
 */
export type MetricValue =
  | { readonly kind: 'gauge'; readonly value: number }
  | {
      readonly kind: 'sum';
      readonly value: number;
      readonly monotonic: boolean;
      readonly delta: boolean;
    }
  | {
      readonly kind: 'histogram';
      readonly count: number;
      readonly sum: number;
      readonly delta: boolean;
      readonly bounds: readonly number[];
      readonly counts: readonly number[];
    };

export interface MetricPoint {
  readonly name: string;
  readonly unit: string;
  readonly service: string;
  readonly instance: string;
  /** Attributes of the point; the resource's are apart. */
  readonly attributes: Attributes;
  readonly resource: Attributes;
  readonly unixNano: UnixNano;
  /** Since when its process has counted what a sum or a histogram holds; unset where that is not said, or begins anew with each point. */
  readonly startUnixNano?: UnixNano;
  readonly value: MetricValue;
}
