import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { OtlpEncoding } from './accept-export.ts';
import type { ExportOutcome } from './export-outcome.ts';
import type { Refusal } from './export-refusal.ts';
import type { RequestFacts } from './ingest-counters.ts';
import { OTLP_SIGNALS, type OtlpSignal, SIGNAL_NAMES } from './otlp-signal.ts';
import {
  encodeExportResponse,
  encodeStatus,
  exportResponseJson,
  statusJson,
} from './otlp-status.ts';

/** A shorter answer does not shrink. */
const MIN_GZIP_BYTES = 256;
const SIGNAL_BY_PATH: ReadonlyMap<string, OtlpSignal> = new Map(
  OTLP_SIGNALS.map((signal) => [SIGNAL_NAMES[signal].path, signal]),
);
const CONTENT_TYPES: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** One request and its answer. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly signal: OtlpSignal | undefined;
  readonly encoding: OtlpEncoding | undefined;
  /** undefined when it is one that we do not read. */
  readonly contentEncoding: 'gzip' | 'identity' | undefined;
  bodyBytes = 0;
  /** Where the body lies, if it must be given back after the answer. */
  borrowed: Buffer | undefined;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.#response = response;
    this.signal = SIGNAL_BY_PATH.get((request.url ?? '').split('?', 1)[0] ?? '');
    this.encoding = toEncoding(request.headers['content-type']);
    this.contentEncoding = toContentEncoding(request.headers['content-encoding']);
  }

  facts(): RequestFacts {
    const { signal, encoding, bodyBytes } = this;
    return { signal, transport: encoding ? `http/${encoding}` : 'http', bytes: bodyBytes };
  }

  confirm(outcome: ExportOutcome, isLast: boolean): void {
    const { signal = 'traces', encoding = 'protobuf' } = this;
    const body =
      encoding === 'json' ? exportResponseJson(signal, outcome) : encodeExportResponse(outcome);
    this.#answer(200, CONTENT_TYPES[encoding], body, isLast);
  }

  refuse(refusal: Refusal, isLast: boolean): void {
    const { encoding } = this;
    if (refusal.retryAfterSeconds !== undefined) {
      this.#response.setHeader('Retry-After', Math.ceil(refusal.retryAfterSeconds));
    }
    if (refusal.reason === 'wrong-method') this.#response.setHeader('Allow', 'POST');
    const status = httpStatusOf(refusal);
    // A client that names no encoding of ours can read neither form of Status.
    if (encoding === undefined || refusal.reason === 'wrong-method') {
      this.#answer(status, 'text/plain; charset=utf-8', `${refusal.message}\n`, isLast);
    } else {
      const body = encoding === 'json' ? statusJson(refusal) : encodeStatus(refusal);
      this.#answer(status, CONTENT_TYPES[encoding], body, isLast);
    }
  }

  #answer(status: number, contentType: string, body: string | Buffer, isLast: boolean): void {
    const response = this.#response;
    const plain = typeof body === 'string' ? Buffer.from(body) : body;
    const isZipped = plain.length >= MIN_GZIP_BYTES && acceptsGzip(this.request);
    const bytes = isZipped ? gzipSync(plain) : plain;
    response.writeHead(status, {
      'Content-Type': contentType,
      'Content-Length': bytes.length,
      ...(isZipped && { 'Content-Encoding': 'gzip' }),
      ...(isLast && { Connection: 'close' }),
    });
    response.end(bytes);
  }
}

function httpStatusOf(refusal: Refusal): number {
  if (refusal.retryAfterSeconds !== undefined) return 503;
  switch (refusal.reason) {
    case 'wrong-path':
      return 404;
    case 'wrong-method':
      return 405;
    case 'too-large':
      return 413;
    case 'wrong-media-type':
      return 415;
    default:
      return 400;
  }
}

/** Parameters and case do not matter (RFC 9110 §8.3.1). */
function toEncoding(contentType: string | undefined): OtlpEncoding | undefined {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === CONTENT_TYPES.protobuf) return 'protobuf';
  return type === CONTENT_TYPES.json ? 'json' : undefined;
}

function toContentEncoding(header: string | undefined): 'gzip' | 'identity' | undefined {
  const coding = header?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity' || coding === 'none') return 'identity';
  return coding === 'gzip' ? 'gzip' : undefined;
}

/** `gzip;q=0` means no (RFC 9110 §12.5.3). */
function acceptsGzip(request: IncomingMessage): boolean {
  const header = request.headers['accept-encoding'];
  return typeof header === 'string' && /(^|,)\s*gzip\s*(,|$|;\s*q=(1|0?\.\d*[1-9]))/i.test(header);
}
