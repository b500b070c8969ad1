import type { Answer, Subscription } from '#lab/control-plane/subscription.ts';
import type { View } from '#lab/control-plane/view.ts';
import type { Node } from '#lab/xds/discovery.ts';
import type { XdsType } from '#telemetry/xds-type.ts';

/** What a request of either dialect has. */
export interface AdsRequest {
  readonly node?: Node;
  readonly type_url?: string;
}

export type FailureCode = 'INVALID_ARGUMENT' | 'RESOURCE_EXHAUSTED' | 'UNAVAILABLE' | 'INTERNAL';

/** The socket side of a stream. */
export interface AdsWire {
  /** `onFlushed` is called when the client has room for more. */
  readonly write: (response: Buffer, onFlushed: () => void) => void;
  /** Ends the stream with a gRPC status. */
  readonly fail: (code: FailureCode, details: string) => void;
}

/** What the stream needs to know of the control plane; asked anew for each answer. */
export interface AdsSource {
  /** Everything for clients like `node`; undefined until the first snapshot. */
  readonly viewFor: (node: Node) => View | undefined;
  readonly isMuted: (type: XdsType) => boolean;
  readonly delayMs: () => number;
  /** After how long without a word clients shall forget a resource of the type; undefined for never. */
  readonly ttlSeconds: (type: XdsType) => number | undefined;
}

export interface Dialect<Request extends AdsRequest> {
  readonly name: 'sotw' | 'delta';
  readonly subscribe: (type: XdsType) => Subscription<Request>;
  readonly encode: (type: XdsType, answer: Answer, nonce: string, ttl: Ttl) => Buffer;
  /** What a client's node must list to be sent times to live. */
  readonly ttlFeature: string;
}

export interface Ttl {
  readonly ttlSeconds: number | undefined;
  readonly heartbeat: boolean;
}
