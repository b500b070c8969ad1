import { setTimeout as sleep } from 'node:timers/promises';

/** What one request brought: stored with others in one transaction, or found to be stored already. */
export interface Body {
  /** Hash of the request's content: the same again is acknowledged and not stored. */
  readonly hash: Uint8Array;
  readonly weight: number;
}

/** Thrown by a commit that found bodies which another commit stored before; nothing was written. */
export class KnownBodies extends Error {
  override readonly name = 'KnownBodies';
  readonly hashes: ReadonlySet<string>;
  constructor(hashes: ReadonlySet<string>) {
    super('some bodies are stored already');
    this.hashes = hashes;
  }
}

export interface GroupCommitOptions<T extends Body> {
  /** One transaction at a time on each lane. */
  readonly lanes: readonly ((bodies: readonly T[]) => Promise<void>)[];
  /** The first body of a group waits at most so long for company… */
  readonly delayMs: number;
  /** …and no longer when none came for so long: senders that wait for an answer send nothing more meanwhile. */
  readonly quietMs: number;
  /** So much weight does not wait. */
  readonly enoughWeight: number;
  readonly maxWeight: number;
}

/** Hashes of bodies committed not long ago, which need no question to the database. */
const RECENT = 20_000;

/** Lighter groups than this part of enough keep half a delay between them: a transaction costs as much for few as for many. */
const WORTH_IT = 0.2;

interface Waiting<T> {
  readonly body: T;
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

/**
 * Gathers bodies from many requests into few transactions; `write` settles when its body is durable. A body that is
 * under way or was stored before is not stored again.
 */
export class GroupCommit<T extends Body> {
  readonly #options: GroupCommitOptions<T>;
  readonly #idle: ((bodies: readonly T[]) => Promise<void>)[];
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #recent = new Set<string>();
  #queue: Waiting<T>[] = [];
  #weight = 0;
  #timer: NodeJS.Timeout | undefined;
  /** When the first and the last of the queue came. */
  #firstMs = 0;
  #lastMs = 0;
  #flushedMs = 0;

  constructor(options: GroupCommitOptions<T>) {
    this.#options = options;
    this.#idle = [...options.lanes];
  }

  /** True in the answer: the body was known. */
  async write(body: T): Promise<boolean> {
    const key = keyOf(body);
    if (this.#recent.has(key)) return true;
    const underWay = this.#underWay.get(key);
    if (underWay) {
      await underWay;
      return true;
    }
    const written = new Promise<void>((done, fail) => {
      this.#queue.push({ body, done, fail });
    });
    this.#underWay.set(key, written);
    this.#weight += body.weight;
    this.#lastMs = performance.now();
    if (this.#queue.length === 1) this.#firstMs = this.#lastMs;
    this.#arm();
    try {
      await written;
      this.#remember(key);
      return false;
    } finally {
      this.#underWay.delete(key);
    }
  }

  /** Settles when nothing waits or is under way. */
  async drain(): Promise<void> {
    while (this.#underWay.size > 0) {
      this.#flush();
      await Promise.allSettled([...this.#underWay.values(), sleep(1)]);
    }
  }

  /** Called when a body came, and when a lane became free. */
  #arm(): void {
    const { enoughWeight, delayMs, quietMs } = this.#options;
    const nowMs = performance.now();
    const isWorthIt = this.#weight >= enoughWeight * WORTH_IT;
    const spacedMs = isWorthIt ? 0 : this.#flushedMs + delayMs / 2;
    const dueMs = Math.min(Math.max(this.#lastMs + quietMs, spacedMs), this.#firstMs + delayMs);
    const waitMs = dueMs - nowMs;
    clearTimeout(this.#timer);
    if (this.#weight >= enoughWeight || waitMs <= 0) this.#flush();
    else this.#timer = setTimeout(() => this.#flush(), waitMs);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    while (this.#queue.length > 0) {
      const lane = this.#idle.pop();
      if (lane === undefined) return;
      const group = this.#take();
      this.#flushedMs = performance.now();
      void this.#commit(lane, group).finally(() => {
        this.#idle.push(lane);
        if (this.#queue.length > 0) this.#arm();
      });
    }
  }

  #take(): Waiting<T>[] {
    let weight = 0;
    let taken = 0;
    for (const { body } of this.#queue) {
      if (taken > 0 && weight + body.weight > this.#options.maxWeight) break;
      weight += body.weight;
      taken++;
    }
    this.#weight -= weight;
    return this.#queue.splice(0, taken);
  }

  async #commit(
    lane: (bodies: readonly T[]) => Promise<void>,
    group: readonly Waiting<T>[],
  ): Promise<void> {
    try {
      await lane(group.map(({ body }) => body));
      for (const { done } of group) done();
    } catch (error) {
      if (error instanceof KnownBodies) await this.#commitUnknown(lane, group, error.hashes);
      else for (const { fail } of group) fail(error);
    }
  }

  async #commitUnknown(
    lane: (bodies: readonly T[]) => Promise<void>,
    group: readonly Waiting<T>[],
    known: ReadonlySet<string>,
  ): Promise<void> {
    const rest = group.filter(({ body }) => !known.has(keyOf(body)));
    for (const { body, done } of group) if (known.has(keyOf(body))) done();
    if (rest.length > 0) await this.#commit(lane, rest);
  }

  #remember(key: string): void {
    this.#recent.add(key);
    if (this.#recent.size <= RECENT) return;
    const [oldest] = this.#recent;
    if (oldest !== undefined) this.#recent.delete(oldest);
  }
}

export function keyOf(body: Body): string {
  return Buffer.from(body.hash).toString('latin1');
}
