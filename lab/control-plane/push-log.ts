import type { XdsType } from '#telemetry/xds-type.ts';

export type PushEnd =
  | { readonly kind: 'acked' }
  | { readonly kind: 'nacked'; readonly reason: string }
  | { readonly kind: 'superseded' }
  /** No answer within the limit, or the stream ended first. */
  | { readonly kind: 'silent' };

export interface PushFacts {
  readonly type: XdsType;
  readonly version: number;
  readonly node: string;
  readonly resources: number;
  readonly removed: number;
}

/** How the control plane tells what it does; `push-spans.ts` tells it in OpenTelemetry. */
export interface PushLog {
  /** A push goes out; the returned function is called once, when its outcome is known. */
  pushed(facts: PushFacts): (end: PushEnd) => void;
  staleNonce(type: XdsType): void;
  slowStreamClosed(): void;
}
