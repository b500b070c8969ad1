import type { MetricRow } from '#telemetry/metric-batch.ts';
import { decodeMetrics } from '#telemetry/otlp/decode-metrics.ts';
import type { ExportBody } from './export-outcome.ts';
import { hashBody } from './hash-body.ts';
import { countOf, rejectionMessage, untilStored } from './store-body.ts';

/** Settles when the points are durable. True: a body of this hash was stored before, and is not stored again. */
export type WriteMetrics = (rows: readonly MetricRow[], hash: Uint8Array) => Promise<boolean>;

/** Stores the points of one request, but for those that break the protocol. */
export function exportMetrics(write: WriteMetrics): ExportBody {
  return async (body) => {
    const { rows, rejected } = decodeMetrics(body);
    await untilStored(write(rows, hashBody('metrics', body)));
    return {
      accepted: rows.length,
      rejected: countOf(rejected),
      errorMessage: rejectionMessage('data points', rejected),
    };
  };
}
