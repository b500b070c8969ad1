import type { Entry, TypeView } from '#lab/control-plane/view.ts';
import type { ErrorDetail } from '#lab/xds/discovery.ts';
import type { XdsType } from '#telemetry/xds-type.ts';

/** What a request turned out to be. */
export type Reception =
  /** A subscription: the first on this stream, or one sent before any response was seen. */
  | { readonly kind: 'subscribe' }
  | { readonly kind: 'ack' }
  | { readonly kind: 'nack'; readonly error: ErrorDetail }
  /** Answers a response that a newer one has overtaken; the client will answer that one too. */
  | { readonly kind: 'stale' };

/** What a client should be told next. */
export interface Answer {
  /** What goes on the wire. */
  readonly entries: readonly Entry[];
  /** Those of them that are news to the client. */
  readonly changed: readonly Entry[];
  /** Names that the client learns are gone: left out (state of the world) or listed (delta). */
  readonly removed: readonly string[];
  readonly version: number;
}

/** What one stream asked for and was told, of one type; one implementation per dialect. */
export interface Subscription<Request> {
  readonly type: XdsType;
  readonly wildcard: boolean;
  readonly names: ReadonlySet<string>;
  /** Nonce of the last response; '' before the first. */
  readonly nonce: string;
  /** Takes a request in and brings the subscription up to date. */
  receive(request: Request): Reception;
  /**
   * The answer that is due, or undefined. `retainRemoved` is asked when something has vanished, and keeps it for now: a
   * cluster goes only after the routes that lead to it (make before break).
   */
  due(view: TypeView, retainRemoved: () => boolean): Answer | undefined;
  /** Notes that `answer` went out. */
  markSent(answer: Answer, nonce: string): void;
  /** Sends these again although unchanged, if they were ever sent. */
  resend(names: readonly string[]): void;
  /** What the client was last told of, as far as it still exists. */
  held(view: TypeView): readonly Entry[];
  /** How many resources the client was last told of. */
  heldCount(): number;
}
