import type { Answer, Reception, Subscription } from '#lab/control-plane/subscription.ts';
import type { Entry, TypeView } from '#lab/control-plane/view.ts';
import type { DeltaDiscoveryRequest } from '#lab/xds/discovery.ts';
import type { XdsType } from '#telemetry/xds-type.ts';

/**
 * A subscription in the incremental dialect: the client says what it takes and what it has, and is told only what differs.
 * Rules: xds_protocol.rst, "Incremental xDS", "Resource names", "Unsubscribing From Resources".
 */
export class DeltaSubscription implements Subscription<DeltaDiscoveryRequest> {
  readonly type: XdsType;
  #names: ReadonlySet<string> = new Set();
  #wildcard = false;
  #nonce = '';
  #seen = false;
  /** Content hash of what the client has, by name. */
  readonly #held = new Map<string, string>();
  /** To be answered whatever the client has: newly asked for, asked for again, or awaited by a warming cluster. */
  readonly #forced = new Set<string>();
  #answerDue = false;
  /** The view in which nothing was due; every change of the subscription unsets it. */
  #idleIn: TypeView | undefined;

  constructor(type: XdsType) {
    this.type = type;
  }

  get wildcard(): boolean {
    return this.#wildcard;
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  get nonce(): string {
    return this.#nonce;
  }

  /** What is subscribed and unsubscribed counts also when the nonce is stale: it is a change, not a state. */
  receive(request: DeltaDiscoveryRequest): Reception {
    const nonce = request.response_nonce ?? '';
    const subscribed = request.resource_names_subscribe ?? [];
    if (!this.#seen) this.#begin(request, subscribed);
    const unsubscribed = request.resource_names_unsubscribe ?? [];
    if (subscribed.length > 0 || unsubscribed.length > 0) this.#idleIn = undefined;
    for (const name of subscribed) this.#subscribe(name);
    for (const name of unsubscribed) this.#unsubscribe(name);
    if (nonce === '' || this.#nonce === '') return { kind: 'subscribe' };
    if (nonce !== this.#nonce) return { kind: 'stale' };
    return request.error_detail ? { kind: 'nack', error: request.error_detail } : { kind: 'ack' };
  }

  due(view: TypeView, retainRemoved: () => boolean): Answer | undefined {
    if (this.#idleIn === view) return undefined;
    const changed = this.#wanted(view).filter(
      (entry) => this.#forced.has(entry.name) || this.#held.get(entry.name) !== entry.hash,
    );
    const gone = [...this.#held.keys()].filter((name) => !view.entries.has(name));
    const missing = [...this.#forced].filter((name) => !view.entries.has(name));
    const isDue = changed.length > 0 || missing.length > 0 || this.#answerDue;
    if (!isDue && gone.length === 0) {
      this.#idleIn = view;
      return undefined;
    }
    const told = gone.length === 0 || retainRemoved() ? [] : gone;
    if (!isDue && told.length === 0) return undefined;
    const removed = [...new Set([...told, ...missing])];
    return { entries: changed, changed, removed, version: view.version };
  }

  markSent(answer: Answer, nonce: string): void {
    this.#idleIn = undefined;
    this.#nonce = nonce;
    this.#answerDue = false;
    for (const entry of answer.entries) this.#held.set(entry.name, entry.hash);
    for (const name of answer.removed) this.#held.delete(name);
    for (const entry of answer.entries) this.#forced.delete(entry.name);
    for (const name of answer.removed) this.#forced.delete(name);
  }

  resend(names: readonly string[]): void {
    this.#idleIn = undefined;
    for (const name of names) if (this.#held.has(name)) this.#forced.add(name);
  }

  held(view: TypeView): readonly Entry[] {
    return [...this.#held.keys()].flatMap((name) => view.entries.get(name) ?? []);
  }

  heldCount(): number {
    return this.#held.size;
  }

  /** A client that comes back says what it has, and is spared what has not changed. */
  #begin(request: DeltaDiscoveryRequest, subscribed: readonly string[]): void {
    this.#seen = true;
    this.#idleIn = undefined;
    const versions = Object.entries(request.initial_resource_versions ?? {});
    for (const [name, version] of versions) this.#held.set(name, version);
    const mayBeWildcard = this.type === 'LDS' || this.type === 'CDS';
    if (subscribed.length === 0 && mayBeWildcard) this.#startWildcard();
  }

  #subscribe(name: string): void {
    if (name === '*') {
      this.#startWildcard();
      return;
    }
    this.#names = new Set([...this.#names, name]);
    const isReported = this.#nonce === '' && this.#held.has(name);
    if (!isReported) this.#forced.add(name);
  }

  #startWildcard(): void {
    this.#wildcard = true;
    if (this.#held.size === 0) this.#answerDue = true;
  }

  #unsubscribe(name: string): void {
    if (name === '*') {
      this.#wildcard = false;
      for (const held of [...this.#held.keys()]) if (!this.#names.has(held)) this.#forget(held);
      return;
    }
    if (!this.#names.has(name)) return;
    this.#names = new Set([...this.#names].filter((other) => other !== name));
    // The wildcard still covers it, so the client has to be told again what became of it.
    if (this.#wildcard) this.#forced.add(name);
    else this.#forget(name);
  }

  #forget(name: string): void {
    this.#held.delete(name);
    this.#forced.delete(name);
  }

  #wanted(view: TypeView): readonly Entry[] {
    if (this.#wildcard) return [...view.entries.values()];
    return [...this.#names].flatMap((name) => view.entries.get(name) ?? []);
  }
}
