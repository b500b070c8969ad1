import { bucketOf, LATENCY_BUCKETS, type LatencyHistogram } from '#telemetry/latency-histogram.ts';
import type { SpanBatch } from '#telemetry/span-batch.ts';

const STATUS_ERROR = 2;

/** Totals of one row so far; `latency` grows in place. */
interface Sum {
  readonly second: number;
  readonly writer: bigint;
  calls: number;
  errors: number;
  readonly latency: LatencyHistogram;
}

export interface EdgeSum extends Sum {
  readonly client: string;
  readonly server: string;
  readonly serverKind: number;
  readonly mode: number;
}

export interface ServiceSum extends Sum {
  readonly service: string;
  readonly reporter: number;
}

/** In the list of what changed since that was last taken. */
interface Listed {
  isDirty: boolean;
}
export type OpenEdge = EdgeSum & Listed;
export type OpenService = ServiceSum & Listed;

export function newSum(second: number, writer: bigint, latency: LatencyHistogram): Sum & Listed {
  return { second, writer, calls: 0, errors: 0, latency, isDirty: false };
}

const HISTOGRAMS_AT_ONCE = 32;

/** The empty histograms of one second, many in one buffer: each in its own would take half as much again, outside V8's heap. */
export class NewHistograms {
  #buffer = new Uint32Array(0);
  #at = 0;

  take(): LatencyHistogram {
    if (this.#at === this.#buffer.length) {
      this.#buffer = new Uint32Array(LATENCY_BUCKETS * HISTOGRAMS_AT_ONCE);
      this.#at = 0;
    }
    const from = this.#at;
    this.#at += LATENCY_BUCKETS;
    return this.#buffer.subarray(from, this.#at);
  }
}

export function count(sum: Sum & Listed, batch: SpanBatch, i: number): void {
  sum.isDirty = true;
  sum.calls++;
  if (batch.status[i] === STATUS_ERROR) sum.errors++;
  const bucket = bucketOf(batch.durationNs[i] as number);
  sum.latency[bucket] = (sum.latency[bucket] as number) + 1;
}
