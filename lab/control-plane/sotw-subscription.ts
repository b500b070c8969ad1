import type { Answer, Reception, Subscription } from '#lab/control-plane/subscription.ts';
import type { Entry, TypeView } from '#lab/control-plane/view.ts';
import type { DiscoveryRequest } from '#lab/xds/discovery.ts';
import type { XdsType } from '#telemetry/xds-type.ts';

/**
 * A subscription in the state-of-the-world dialect.
 * Rules: xds_protocol.rst, "ACK and NACK", "Subscribing to Resources", "Unsubscribing From Resources".
 */
export class SotwSubscription implements Subscription<DiscoveryRequest> {
  readonly type: XdsType;
  /** LDS and CDS responses carry all that is subscribed, so leaving a name out deletes it. */
  readonly #isFullState: boolean;
  #names: ReadonlySet<string> = new Set();
  #wildcard = false;
  /** Once a name was given, an empty list no longer means everything. */
  #namedBefore = false;
  #nonce = '';
  /** What the client was last told, by name. */
  #sent: ReadonlyMap<string, Entry> = new Map();
  /** To be sent although unchanged: newly asked for, or awaited by a warming cluster. */
  #forced: ReadonlySet<string> = new Set();
  /** A new subscription to full state is answered even when the answer is empty. */
  #answerDue = false;
  /** The view in which nothing was due; every change of the subscription unsets it. Asked at each acknowledgement. */
  #idleIn: TypeView | undefined;

  constructor(type: XdsType) {
    this.type = type;
    this.#isFullState = type === 'LDS' || type === 'CDS';
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

  /**
   * A nonce of another stream (nothing was sent on this one) makes the request a new subscription: a client that
   * reconnects is answered in full, whatever version it says it has. A NACK is told by its `error_detail` alone.
   */
  receive(request: DiscoveryRequest): Reception {
    const nonce = request.response_nonce ?? '';
    const isNew = nonce === '' || this.#nonce === '';
    if (!isNew && nonce !== this.#nonce) return { kind: 'stale' };
    const names = this.#names;
    const wildcard = this.#wildcard;
    this.#subscribe(request.resource_names ?? []);
    if (isNew) {
      this.#answerInFull();
      return { kind: 'subscribe' };
    }
    const isNarrowed = wildcard && !this.#wildcard;
    const added =
      this.#names === names
        ? []
        : [...this.#names].filter(
            // Who held everything and now names what of it it keeps is told nothing new.
            (name) => !names.has(name) && !(isNarrowed && this.#sent.has(name)),
          );
    if (added.length > 0) this.#forced = new Set([...this.#forced, ...added]);
    if (this.#wildcard && !wildcard) this.#answerDue = true;
    return request.error_detail ? { kind: 'nack', error: request.error_detail } : { kind: 'ack' };
  }

  due(view: TypeView, retainRemoved: () => boolean): Answer | undefined {
    if (this.#idleIn === view) return undefined;
    const wanted = this.#wanted(view);
    const changed = wanted.filter(
      (entry) => this.#forced.has(entry.name) || this.#sent.get(entry.name) !== entry,
    );
    const gone = [...this.#sent.values()].filter((entry) => !view.entries.has(entry.name));
    if (changed.length === 0 && gone.length === 0 && !this.#answerDue) {
      this.#idleIn = view;
      return undefined;
    }
    const version = this.#versionIn(view);
    if (!this.#isFullState) {
      this.#forget(gone);
      return changed.length === 0 ? undefined : { entries: changed, changed, removed: [], version };
    }
    if (gone.length === 0) return { entries: wanted, changed, removed: [], version };
    if (!retainRemoved())
      return { entries: wanted, changed, removed: gone.map(({ name }) => name), version };
    const isAnswerDue = changed.length > 0 || this.#answerDue;
    return isAnswerDue
      ? { entries: [...wanted, ...gone], changed, removed: [], version }
      : undefined;
  }

  markSent(answer: Answer, nonce: string): void {
    const told = new Map(answer.entries.map((entry) => [entry.name, entry]));
    this.#idleIn = undefined;
    this.#nonce = nonce;
    this.#sent = this.#isFullState ? told : new Map([...this.#sent, ...told]);
    this.#forced = new Set([...this.#forced].filter((name) => !told.has(name)));
    this.#answerDue = false;
  }

  resend(names: readonly string[]): void {
    const known = names.filter((name) => this.#sent.has(name));
    if (known.length === 0) return;
    this.#idleIn = undefined;
    this.#forced = new Set([...this.#forced, ...known]);
  }

  held(view: TypeView): readonly Entry[] {
    return [...this.#sent.values()].filter((entry) => view.entries.get(entry.name) === entry);
  }

  heldCount(): number {
    return this.#sent.size;
  }

  #subscribe(requested: readonly string[]): void {
    if (this.#isAsBefore(requested)) return;
    this.#idleIn = undefined;
    const names = new Set(requested);
    const isLegacyWildcard = this.#isFullState && names.size === 0 && !this.#namedBefore;
    this.#wildcard = names.has('*') || isLegacyWildcard;
    if (names.size > 0) this.#namedBefore = true;
    names.delete('*');
    this.#names = names;
    if (this.#wildcard) return;
    // What is no longer asked for is forgotten, so that asking again is answered again.
    if ([...this.#sent.keys()].some((name) => !names.has(name)))
      this.#sent = new Map([...this.#sent].filter(([name]) => names.has(name)));
    this.#forced = new Set([...this.#forced].filter((name) => names.has(name)));
  }

  /** Nearly every request is a plain acknowledgement. */
  #isAsBefore(requested: readonly string[]): boolean {
    if (this.#wildcard) return !this.#namedBefore && requested.length === 0;
    return (
      this.#namedBefore &&
      requested.length === this.#names.size &&
      requested.every((name) => this.#names.has(name))
    );
  }

  #answerInFull(): void {
    this.#idleIn = undefined;
    this.#sent = new Map();
    this.#forced = new Set();
    this.#answerDue = this.#isFullState && (this.#wildcard || this.#names.size > 0);
  }

  #wanted(view: TypeView): readonly Entry[] {
    if (this.#wildcard) return [...view.entries.values()];
    return [...this.#names].flatMap((name) => view.entries.get(name) ?? []);
  }

  /**
   * When anything that this client asked for last changed. So two clients with the same subscription and the same
   * content show the same version, whenever they connected.
   */
  #versionIn(view: TypeView): number {
    if (this.#wildcard) return view.version;
    const latest = Math.max(0, ...[...this.#names].map((name) => view.changedIn.get(name) ?? 0));
    return latest === 0 ? view.version : latest;
  }

  /** This dialect cannot say that an RDS or EDS resource is gone. Should the name return, it is news. */
  #forget(gone: readonly Entry[]): void {
    if (gone.length === 0) return;
    this.#sent = new Map([...this.#sent].filter(([, entry]) => !gone.includes(entry)));
  }
}
