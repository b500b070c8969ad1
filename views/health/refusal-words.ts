import type { IngestTransport, RefusalReason } from '#telemetry/ingest-health.ts';

/** A refusal as the client heard it. */
export interface RefusalWords {
  readonly what: string;
  /** Status and what comes with it, in the words of the protocol. */
  readonly answer: string;
  /** Whether a client that follows the OTLP specification sends the same again. */
  readonly again: string;
}

interface Refusal {
  readonly what: string;
  readonly http: string;
  readonly grpc: string;
  readonly again: string;
}

const RETRY = {
  http: 'HTTP 503, Retry-After',
  grpc: 'UNAVAILABLE, RetryInfo',
  again: 'sent again',
} as const;
const DROPPED = 'not sent again';

/** The table of docs/sending-otlp.md, by reason. */
const REFUSALS: Readonly<Record<RefusalReason, Refusal>> = {
  malformed: { what: 'not OTLP', http: 'HTTP 400', grpc: 'INVALID_ARGUMENT', again: DROPPED },
  'too-large': {
    what: 'larger than allowed',
    http: 'HTTP 413',
    grpc: 'RESOURCE_EXHAUSTED, no RetryInfo',
    again: DROPPED,
  },
  overloaded: { what: 'too much in flight', ...RETRY },
  'store-unavailable': { what: 'the database away or slow', ...RETRY },
  draining: { what: 'shutting down', ...RETRY },
  internal: { what: 'unforeseen trouble', ...RETRY },
  'wrong-path': { what: 'wrong path', http: 'HTTP 404', grpc: 'UNIMPLEMENTED', again: DROPPED },
  'wrong-method': { what: 'wrong method', http: 'HTTP 405', grpc: 'UNIMPLEMENTED', again: DROPPED },
  'wrong-media-type': {
    what: 'wrong media type',
    http: 'HTTP 415',
    grpc: 'UNIMPLEMENTED',
    again: DROPPED,
  },
  'too-slow': {
    what: 'headers or body too slow',
    http: 'HTTP 408, connection closed',
    grpc: 'DEADLINE_EXCEEDED',
    again: 'sent again by some',
  },
  cancelled: {
    what: 'given up by the client',
    http: 'no answer',
    grpc: 'no answer',
    again: 'sent again by some',
  },
};

export function refusalWords(transport: IngestTransport, reason: RefusalReason): RefusalWords {
  const { what, http, grpc, again } = REFUSALS[reason];
  return { what, answer: transport === 'grpc' ? grpc : http, again };
}
