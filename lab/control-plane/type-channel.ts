import type { PushEnd } from '#lab/control-plane/push-log.ts';
import type { Answer, Reception, Subscription } from '#lab/control-plane/subscription.ts';
import type {
  SubscriptionStatus,
  TypeContents,
  TypeStatus,
} from '#lab/control-plane/subscription-status.ts';
import type { View } from '#lab/control-plane/view.ts';

/** After this long without an answer a push counts as silent, and a newer one may follow it. */
const SILENCE_MS = 10_000;

interface OutstandingPush {
  readonly version: number;
  readonly end: (end: PushEnd) => void;
  readonly silence: NodeJS.Timeout;
}

/** One type on one stream: its subscription, and the one push that may be under way. */
export class TypeChannel<Request> {
  readonly subscription: Subscription<Request>;
  /** Written and not yet taken by the client's flow-control window. */
  unread = false;
  /** Told with the resources that the client has. */
  ttlSeconds: number | undefined;
  #outstanding: OutstandingPush | undefined;
  #status: TypeStatus = {};

  constructor(subscription: Subscription<Request>) {
    this.subscription = subscription;
  }

  get isOutstanding(): boolean {
    return this.#outstanding !== undefined;
  }

  get ackedUnixMs(): number {
    return this.#status.ackedUnixMs ?? 0;
  }

  /** A push goes out. `onSilent` is called when nothing comes back in time. */
  begin(answer: Answer, end: (end: PushEnd) => void, onSilent: () => void): void {
    const silence = setTimeout(() => {
      this.conclude({ kind: 'silent' });
      onSilent();
    }, SILENCE_MS);
    this.#status = { ...this.#status, sent: `${answer.version}`, sentUnixMs: Date.now() };
    this.#outstanding = { version: answer.version, end, silence };
  }

  settle(reception: Reception): void {
    if (reception.kind === 'ack') this.conclude({ kind: 'acked' });
    if (reception.kind === 'nack')
      this.conclude({ kind: 'nacked', reason: reception.error.message ?? '' });
  }

  conclude(end: PushEnd): void {
    const push = this.#outstanding;
    if (push === undefined) return;
    this.#outstanding = undefined;
    clearTimeout(push.silence);
    push.end(end);
    const version = `${push.version}`;
    const { rejected: _, rejectReason: __, ...status } = this.#status;
    if (end.kind === 'acked') this.#status = { ...status, acked: version, ackedUnixMs: Date.now() };
    if (end.kind === 'nacked')
      this.#status = { ...status, rejected: version, rejectReason: end.reason };
  }

  status(): SubscriptionStatus {
    return {
      names: [...this.subscription.names],
      wildcard: this.subscription.wildcard,
      held: this.subscription.heldCount(),
      outstanding: this.isOutstanding,
      ...this.#status,
    };
  }

  contents(view: View): TypeContents {
    const { type } = this.subscription;
    return {
      type,
      entries: this.subscription.held(view[type]),
      missing: [...this.subscription.names].filter((name) => !view[type].entries.has(name)),
      state: this.#state(),
    };
  }

  #state(): TypeContents['state'] {
    if (this.#status.rejected !== undefined) return 'refused';
    return this.isOutstanding ? 'sent' : 'acked';
  }
}
