import { randomBytes } from 'node:crypto';

const MAX_SESSIONS = 100_000;

/** Who is logged in, and until when. A session is opened by a login and is never prolonged: users log in again. */
export class Sessions {
  readonly #now: () => number;
  /** Expiry by token, in the order in which they were opened. */
  readonly #expiries = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  open(lifetimeMs: number): string {
    this.#forgetExpired();
    const token = randomBytes(16).toString('hex');
    this.#expiries.set(token, this.#now() + lifetimeMs);
    return token;
  }

  isOpen(token: string | undefined): boolean {
    return token !== undefined && (this.#expiries.get(token) ?? 0) > this.#now();
  }

  /** Sessions last equally long, so the expired ones stand first. */
  #forgetExpired(): void {
    for (const [token, expiresMs] of this.#expiries) {
      if (expiresMs > this.#now() && this.#expiries.size < MAX_SESSIONS) return;
      this.#expiries.delete(token);
    }
  }
}
