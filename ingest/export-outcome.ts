/** What became of one export request that was stored: OTLP's partial success, in the terms of any signal. */
export interface ExportOutcome {
  /** Spans, data points or log records that can never be stored; a client does not send them again. */
  readonly rejected: number;
  /** Why, in English; '' when there is nothing to say. With `rejected` 0 it is a warning. */
  readonly errorMessage: string;
  /** Stored by this request, for the counters; absent when the exporter does not know. */
  readonly accepted?: number;
}

/** Stores one Export…ServiceRequest in protobuf. Resolves after commit and fsync: the client forgets its copy then. */
export type ExportBody = (protobufBody: Uint8Array) => Promise<ExportOutcome>;

/** The request can never be stored, however often it is sent. HTTP 400, gRPC INVALID_ARGUMENT. */
export class BadDataError extends Error {
  override readonly name = 'BadDataError';
}

/** Trouble that passes (database gone, queue full): the client keeps its copy. HTTP 503, gRPC UNAVAILABLE. */
export class UnavailableError extends Error {
  override readonly name = 'UnavailableError';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
