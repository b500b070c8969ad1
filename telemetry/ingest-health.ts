import type { UnixSecond } from './time.ts';

/** Why a request was not stored. The first six are OTLP's matter, the rest HTTP's and the connection's. */
export type RefusalReason =
  | 'malformed'
  | 'too-large'
  | 'overloaded'
  | 'store-unavailable'
  | 'draining'
  | 'internal'
  | 'wrong-path'
  | 'wrong-method'
  | 'wrong-media-type'
  | 'too-slow'
  | 'cancelled';

export type IngestTransport = 'http/protobuf' | 'http/json' | 'http' | 'grpc';

/** Requests with one and the same answer since the ingester started. */
export interface IngestRequests {
  /** undefined when the request named no signal (a wrong path). */
  readonly signal?: 'traces' | 'metrics' | 'logs';
  readonly transport: IngestTransport;
  readonly outcome: 'stored' | 'partly-stored' | 'refused';
  /** Only with `refused`. */
  readonly reason?: RefusalReason;
  readonly requests: number;
  /** Bodies as received, still compressed. */
  readonly bytes: number;
  /** Spans, data points or log records. */
  readonly acceptedItems: number;
  readonly rejectedItems: number;
}

/** The last time that something was not stored, in the words of the answer. */
export interface IngestIncident {
  readonly second: UnixSecond;
  readonly signal?: 'traces' | 'metrics' | 'logs';
  readonly transport: IngestTransport;
  readonly reason: RefusalReason | 'partial-success';
  readonly message: string;
}

/** What an ingester says about itself. Plain JSON: it is stored and shown as it is. */
export interface IngestSnapshot {
  readonly startedSecond: UnixSecond;
  readonly requests: readonly IngestRequests[];
  /** Keys of OTLP/JSON bodies that no field has: ignored, as the specification wants, and counted. */
  readonly unknownKeys: number;
  readonly inFlightBytes: number;
  readonly peakInFlightBytes: number;
  readonly limitBytes: number;
  readonly connections: number;
  readonly residentBytes: number;
  readonly lastRefusal?: IngestIncident;
  readonly lastPartialSuccess?: IngestIncident;
}
