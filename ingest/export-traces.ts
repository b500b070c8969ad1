import { decodeSpanBatch } from '#telemetry/otlp/decode-span-batch.ts';
import type { SpanBatch } from '#telemetry/span-batch.ts';
import type { ExportBody } from './export-outcome.ts';
import { hashBody } from './hash-body.ts';
import { countOf, rejectionMessage, untilStored } from './store-body.ts';

/** Settles when the spans are durable. True: a body of this hash was stored before, and is not stored again. */
export type WriteSpans = (batch: SpanBatch, hash: Uint8Array) => Promise<boolean>;

/** Stores the spans of one request, but for those that break the protocol. */
export function exportTraces(write: WriteSpans): ExportBody {
  return async (body) => {
    const { batch, rejected } = decodeSpanBatch(body);
    await untilStored(write(batch, hashBody('traces', body)));
    return {
      accepted: batch.count,
      rejected: countOf(rejected),
      errorMessage: rejectionMessage('spans', rejected),
    };
  };
}
