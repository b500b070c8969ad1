import { WIRE_BYTES, WireReader } from '#telemetry/otlp/wire-reader.ts';
import type { ExportOutcome } from './export-outcome.ts';

/** Field numbers from the request down to its records: resource_logs, scope_logs, log_records (logs_service.proto, logs.proto). */
const PATH_TO_RECORDS: readonly number[] = [1, 2, 2];

/**
 * Detour keeps no logs, and says so as a partial success that rejects each record. An exporter logs that and goes on;
 * UNIMPLEMENTED or 404 would read like a broken receiver, and plain success would be a lie.
 */
export async function exportLogs(body: Uint8Array): Promise<ExportOutcome> {
  const reader = new WireReader(body);
  const rejected = countFields(reader, body.length, 0);
  const errorMessage =
    rejected === 0 ? '' : 'Detour keeps traces and metrics; log records are not kept';
  return { rejected, accepted: 0, errorMessage };
}

function countFields(reader: WireReader, end: number, level: number): number {
  const wanted = PATH_TO_RECORDS[level];
  if (wanted === undefined) {
    reader.at = end;
    return 1;
  }
  let count = 0;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === ((wanted << 3) | WIRE_BYTES)) {
      count += countFields(reader, reader.lengthEnd(end), level + 1);
    } else {
      reader.skip(tag, end);
    }
  }
  return count;
}
