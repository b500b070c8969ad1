import type { ByteShare } from './byte-budget.ts';
import type { ExportBody, ExportOutcome } from './export-outcome.ts';
import type { IngestCounters } from './ingest-counters.ts';
import { type TranscodedBody, transcodeOtlpJson } from './otlp-json.ts';
import { type OtlpSignal, SIGNAL_NAMES } from './otlp-signal.ts';

export type OtlpEncoding = 'protobuf' | 'json';

/** What both transports lead to: one function per signal that stores a request in protobuf. */
export type OtlpExports = Readonly<Record<OtlpSignal, ExportBody>>;

export interface OtlpServer {
  readonly port: number;
  /** Finishes what is in flight, answers what comes meanwhile with "unavailable", then closes. */
  readonly stop: () => Promise<void>;
}

/** One inflated body, with what it holds of the byte budget. */
export interface ReceivedBody {
  readonly signal: OtlpSignal;
  readonly encoding: OtlpEncoding;
  readonly bytes: Buffer;
  readonly share: ByteShare;
}

/**
 * The road that every request takes whatever it came by. Resolves when its data are stored; throws what `toRefusal`
 * understands.
 */
export async function acceptExport(
  body: ReceivedBody,
  exports: OtlpExports,
  counters: IngestCounters,
  limitBytes: number,
): Promise<ExportOutcome> {
  const exportBody = exports[body.signal];
  if (body.encoding === 'protobuf') return exportBody(body.bytes);
  const transcoded = transcodeOtlpJson(body.signal, body.bytes, limitBytes);
  counters.countUnknownKeys(transcoded.unknownKeys);
  body.share.add(transcoded.body.length);
  const outcome = await exportBody(transcoded.body);
  return mergeOutcome(outcome, transcoded, body.signal);
}

function mergeOutcome(
  outcome: ExportOutcome,
  transcoded: TranscodedBody,
  signal: OtlpSignal,
): ExportOutcome {
  const { rejected, rejectReason, snakeCaseKey } = transcoded;
  const messages = [outcome.errorMessage];
  if (rejected > 0)
    messages.push(`${rejected} ${SIGNAL_NAMES[signal].items} rejected: ${rejectReason}`);
  if (snakeCaseKey !== undefined) {
    messages.push(`keys of OTLP/JSON are lowerCamelCase; ignored, for one: ${snakeCaseKey}`);
  }
  return {
    ...outcome,
    rejected: outcome.rejected + rejected,
    errorMessage: messages.filter((message) => message !== '').join('; '),
  };
}
