import type { PeerKind } from './call-edge.ts';

/** `mode` of a span that is no hop: not a client's, or a client's on the way to its own sidecar. */
export const NO_HOP = 15;
/** `peerOf` of a span whose callee is not known, or that calls nobody. */
export const NO_PEER = -1;

/** Who sent a run of spans: one resource and one scope. */
export interface SpanGroup {
  readonly service: string;
  readonly instance: string;
  /** The sender is a proxy that reports under its application's service name. */
  readonly isProxy: boolean;
  /** All of the ResourceSpans message but its scope_spans. */
  readonly resource: Uint8Array;
  /** All of the ScopeSpans message but its spans. */
  readonly scope: Uint8Array;
  /** Hashes of the resource's attributes, for the segment's filter. */
  readonly attributeHashes: readonly number[];
}

export interface Peer {
  readonly name: string;
  readonly kind: PeerKind;
}

/**
 * The spans of one request in columns: entry i of each column is span i, and no object exists per span.
 *
 *   bytes     …[ span 0 ][ span 1 ]…[ span n-1 ]…     OTLP TracesData
 *   spanFrom    ^          ^                          where each Span message begins (and ends: spanTo)
 */
export interface SpanBatch {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** 16 bytes a span. */
  readonly traceIds: Uint8Array;
  /** 8 bytes a span; a root's parent is all zero. */
  readonly spanIds: Uint8Array;
  readonly parentIds: Uint8Array;
  /** Start, nanoseconds since the epoch, in two halves: exact, without a bigint per span. */
  readonly startLow: Uint32Array;
  readonly startHigh: Uint32Array;
  /** Never negative; 0 when the end precedes the start or is missing. */
  readonly durationNs: Float64Array;
  /** The second in which the span ended; 0 when its start or end is missing, which keeps it out of the roll-ups. */
  readonly endSecond: Float64Array;
  readonly kind: Uint8Array;
  readonly status: Uint8Array;
  /** Index in ROUTING_MODES, or NO_HOP. */
  readonly mode: Uint8Array;
  /** Index in `groups`. */
  readonly groupOf: Uint32Array;
  /** Index in `names`. */
  readonly nameOf: Uint32Array;
  /** Index in `peers`, or NO_PEER. */
  readonly peerOf: Int32Array;
  readonly spanFrom: Uint32Array;
  readonly spanTo: Uint32Array;
  /** Hashes of each span's attributes: those of span i end at `hashEnd[i]` and begin where the ones before end. */
  readonly attributeHashes: Uint32Array;
  readonly hashEnd: Uint32Array;
  readonly groups: readonly SpanGroup[];
  readonly names: readonly string[];
  readonly peers: readonly Peer[];
}

/** A batch and what of its request could not be taken. */
export interface DecodedSpans {
  readonly batch: SpanBatch;
  /** Spans left out, by reason. */
  readonly rejected: ReadonlyMap<string, number>;
}
