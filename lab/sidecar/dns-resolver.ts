import type { Context } from '@opentelemetry/api';
import type { DnsErrorType } from './error-type.ts';

/** One answer of a name server, before it is kept. */
export type Lookup =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[]; readonly ttlMs: number }
  | { readonly kind: 'failed'; readonly errorType: DnsErrorType };

export type LookUp = (hostname: string, parent: Context) => Promise<Lookup>;

export type Resolution = (
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | { readonly kind: 'failed'; readonly errorType: DnsErrorType }
) & { readonly expiresMs: number };

/** Failures are kept for a second (RFC 2308 §7.1 allows up to five minutes), lest every request asks again. */
const NEGATIVE_TTL_MS = 1000;

/**
 * Names to addresses, each kept for its TTL and no longer. A request that finds a name expired waits for the answer: that
 * wait is what DNS costs, and the spans should show it. Requests that ask together share one lookup.
 */
export class DnsResolver {
  readonly #lookUp: LookUp;
  readonly #now: () => number;
  readonly #kept = new Map<string, Resolution>();
  readonly #underWay = new Map<string, Promise<Resolution>>();

  constructor(lookUp: LookUp, now: () => number) {
    this.#lookUp = lookUp;
    this.#now = now;
  }

  /** What is known and has not expired, else undefined. */
  kept(hostname: string): Resolution | undefined {
    const kept = this.#kept.get(hostname);
    return kept && kept.expiresMs > this.#now() ? kept : undefined;
  }

  /** `parent` = what the lookup is done for; of those that ask together, the first. */
  resolve(hostname: string, parent: Context): Promise<Resolution> {
    const running = this.#underWay.get(hostname);
    if (running) return running;
    const started = this.#ask(hostname, parent).finally(() => this.#underWay.delete(hostname));
    this.#underWay.set(hostname, started);
    return started;
  }

  async #ask(hostname: string, parent: Context): Promise<Resolution> {
    const answer = await this.#lookUp(hostname, parent);
    const ttlMs = answer.kind === 'addresses' ? answer.ttlMs : NEGATIVE_TTL_MS;
    const resolution = { ...answer, expiresMs: this.#now() + ttlMs };
    this.#kept.set(hostname, resolution);
    return resolution;
  }
}
