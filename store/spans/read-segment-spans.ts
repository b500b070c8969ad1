import { decodeSpanBatch } from '#telemetry/otlp/decode-span-batch.ts';
import type { SpanBatch } from '#telemetry/span-batch.ts';
import { decompress, decompressColumns } from './codec.ts';
import { decodeColumns, modeOf } from './segment-columns.ts';

/** What of a row of span_segment holds its spans. */
export interface StoredSpans {
  readonly codec: number;
  readonly columns: Buffer;
  readonly block_offsets: readonly number[];
  readonly payload: Buffer;
}

/** The spans of a segment as they were decoded when they came. */
export async function readSegmentSpans(row: StoredSpans): Promise<SpanBatch> {
  const blocks = await Promise.all(
    row.block_offsets
      .slice(1)
      .map((end, i) => decompress(row.codec, row.payload.subarray(row.block_offsets[i], end))),
  );
  const { batch } = decodeSpanBatch(Buffer.concat(blocks));
  // A mode may have been found with the help of spans that came in the same request but lie in another block now.
  const { flags } = decodeColumns(decompressColumns(row.codec, row.columns));
  for (let i = 0; i < batch.count; i++) batch.mode[i] = modeOf(flags[i] as number);
  return batch;
}
