import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { ExportOutcome } from './export-outcome.ts';
import type { Refusal } from './export-refusal.ts';
import { FRAME_HEAD_BYTES, GRPC_ENCODINGS, type GrpcEncoding } from './grpc-message.ts';
import type { RequestFacts } from './ingest-counters.ts';
import { OTLP_SIGNALS, type OtlpSignal, SIGNAL_NAMES } from './otlp-signal.ts';
import { encodeExportResponse, encodeStatus, grpcCodeOf, shorten } from './otlp-status.ts';

const SIGNAL_BY_METHOD: ReadonlyMap<string, OtlpSignal> = new Map(
  OTLP_SIGNALS.map((signal) => [SIGNAL_NAMES[signal].method, signal]),
);
const CONTENT_TYPE = 'application/grpc';
/** Protobuf is meant where nothing is named. Not grpc-web, nor another coding of messages. */
const CONTENT_TYPES = /^application\/grpc(\+proto)?\s*(;|$)/i;
const ACCEPT_ENCODING = { 'grpc-accept-encoding': GRPC_ENCODINGS.join(',') };
const OK_HEADERS = { ':status': 200, 'content-type': CONTENT_TYPE, ...ACCEPT_ENCODING };
const OK_TRAILERS = { 'grpc-status': '0' };

/** One unary call and its answer, in the words of gRPC over HTTP/2 (PROTOCOL-HTTP2.md). */
export class GrpcCall {
  readonly stream: ServerHttp2Stream;
  readonly signal: OtlpSignal | undefined;
  readonly isPost: boolean;
  readonly isGrpc: boolean;
  /** undefined when it is one that we do not read. */
  readonly encoding: GrpcEncoding | undefined;
  readonly timeout: string | undefined;
  /** Of the message as sent. */
  messageBytes = 0;
  /** Where the message lies, if it must be given back after the answer. */
  borrowed: Buffer | undefined;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.stream = stream;
    this.signal = SIGNAL_BY_METHOD.get(String(headers[':path']));
    this.isPost = headers[':method'] === 'POST';
    this.isGrpc = CONTENT_TYPES.test(headers['content-type'] ?? '');
    const encoding = headers['grpc-encoding'] ?? 'identity';
    this.encoding = GRPC_ENCODINGS.find((one) => one === encoding);
    this.timeout = headers['grpc-timeout']?.toString();
  }

  facts(): RequestFacts {
    return { signal: this.signal, transport: 'grpc', bytes: this.messageBytes };
  }

  confirm(outcome: ExportOutcome): void {
    const { stream } = this;
    // Whoever asked has gone.
    if (stream.closed || stream.destroyed) return;
    stream.respond(OK_HEADERS, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers(OK_TRAILERS));
    stream.end(frame(encodeExportResponse(outcome)));
  }

  /** Ends the call, whatever of its message is still to come. */
  refuse(refusal: Refusal): void {
    const { stream } = this;
    if (stream.closed || stream.destroyed) return;
    stream.respond(this.#refusalHeaders(refusal), { endStream: true });
    // RFC 9113 §8.1: the client need not send the rest, and nobody reads it.
    stream.resume();
    if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
  }

  #refusalHeaders(refusal: Refusal) {
    if (!this.isGrpc) return { ':status': 415 };
    if (!this.isPost) return { ':status': 405, allow: 'POST' };
    return {
      ...OK_HEADERS,
      'grpc-status': `${grpcCodeOf(refusal)}`,
      // Percent-encoded UTF-8.
      'grpc-message': encodeURI(shorten(refusal.message)),
      'grpc-status-details-bin': encodeStatus(refusal).toString('base64'),
    };
  }
}

function frame(message: Buffer): Buffer {
  const framed = Buffer.alloc(FRAME_HEAD_BYTES + message.length);
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, FRAME_HEAD_BYTES);
  return framed;
}
