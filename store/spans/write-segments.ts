import type pg from 'pg';
import { CopyRows, copyRows } from '../copy-binary.ts';
import type { Segment } from './build-segment.ts';

/** Of a row's small columns, nearly always; the buffer grows where it is more. */
const ROW_BYTES = 4096;

/** Segments and the index of their traces, into the partitions of `day`. */
export async function writeSegments(
  client: pg.ClientBase,
  day: number,
  segments: readonly Segment[],
): Promise<void> {
  const rows = new CopyRows(
    segments.reduce(
      (sum, { payload, columns, filter }) =>
        sum + payload.length + columns.length + filter.length + ROW_BYTES,
      0,
    ),
  );
  const traceRows = new CopyRows();
  for (const segment of segments) {
    addSegmentRow(rows, day, segment);
    addTraceRows(traceRows, day, segment);
  }
  await copyRows(
    client,
    `copy span_segment (day, id, min_start, max_start, span_count, error_count, max_duration_ns, modes, services, level,
       columns, filter, filter_blocks, block_offsets, codec, payload) from stdin (format binary)`,
    rows.end(),
  );
  await copyRows(
    client,
    'copy trace_segment (trace_key, segment_id, day, first_block, last_block) from stdin (format binary)',
    traceRows.end(),
  );
}

function addSegmentRow(rows: CopyRows, day: number, segment: Segment): void {
  rows.row(16);
  rows.int4(day);
  rows.int8(segment.id);
  rows.int8(segment.minStart);
  rows.int8(segment.maxStart);
  rows.int4(segment.spanCount);
  rows.int4(segment.errorCount);
  rows.int8(BigInt(Math.min(segment.maxDurationNs, Number.MAX_SAFE_INTEGER)));
  rows.int4(segment.modes);
  rows.textArray(segment.services);
  rows.int2(segment.level);
  rows.bytes(segment.columns);
  rows.bytes(segment.filter);
  rows.int4(segment.filterBlocks);
  rows.int4Array(segment.blockOffsets);
  rows.int2(segment.codec);
  rows.bytes(segment.payload);
}

/** The key is the right half of the trace id: W3C Trace Context makes that half random. */
function addTraceRows(rows: CopyRows, day: number, segment: Segment): void {
  const { traceIds, firstBlocks, lastBlocks } = segment;
  const view = new DataView(traceIds.buffer, traceIds.byteOffset, traceIds.byteLength);
  for (let trace = 0; trace < firstBlocks.length; trace++) {
    rows.row(5);
    rows.int8Halves(view.getInt32(trace * 16 + 8), view.getInt32(trace * 16 + 12));
    rows.int8(segment.id);
    rows.int4(day);
    rows.int2(firstBlocks[trace] as number);
    rows.int2(lastBlocks[trace] as number);
  }
}
