import { bucketOf, LATENCY_BUCKETS, type LatencyHistogram } from '#telemetry/latency-histogram.ts';
import type { SpanBatch } from '#telemetry/span-batch.ts';
import { toPgText } from '../pg-text.ts';

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

/** What sums of one second of one connection share. */
interface SumSource {
  readonly writer: bigint;
  readonly histograms: NewHistograms;
}

type EdgeKeys = Pick<EdgeSum, 'second' | 'client' | 'server' | 'serverKind' | 'mode'>;
type ServiceKeys = Pick<ServiceSum, 'second' | 'service' | 'reporter'>;

/** Written out: spreading one object into another would cost ten times all else that is done for a new sum. */
export function newEdge(keys: EdgeKeys, { writer, histograms }: SumSource): OpenEdge {
  return {
    second: keys.second,
    writer,
    calls: 0,
    errors: 0,
    latency: histograms.take(),
    isDirty: false,
    client: toPgText(keys.client),
    server: toPgText(keys.server),
    serverKind: keys.serverKind,
    mode: keys.mode,
  };
}

export function newService(keys: ServiceKeys, { writer, histograms }: SumSource): OpenService {
  return {
    second: keys.second,
    writer,
    calls: 0,
    errors: 0,
    latency: histograms.take(),
    isDirty: false,
    service: toPgText(keys.service),
    reporter: keys.reporter,
  };
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
