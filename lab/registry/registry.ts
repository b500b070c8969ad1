import { z } from 'zod';

const port = z.int().min(1).max(65_535);

/** What an instance says of itself. */
export const registrationSchema = z.strictObject({
  service: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'a service name is a DNS label'),
  address: z.ipv4(),
  meshPort: port,
  appPort: port,
  grpcPort: port.optional(),
  protocol: z.enum(['http', 'grpc']),
});

export type Registration = z.infer<typeof registrationSchema>;
export type Instance = Registration & { readonly id: string };

/** Everything that is registered, whole: whoever watches never has to add up changes. */
export interface Catalogue {
  readonly revision: number;
  readonly instances: readonly Instance[];
  /** Every service ever seen, also while it has no instance: its configuration outlives its last pod. */
  readonly services: readonly { readonly name: string; readonly protocol: 'http' | 'grpc' }[];
}

export interface RegistryOptions {
  /** An instance that has not been heard of for so long is gone. */
  readonly ttlMs: number;
  /**
   * Once nobody new has come for so long, the set is full and is shown to watchers; at the latest after `SETTLE_ROUNDS`
   * times as long. It is not before somebody has come at all. 0: it is shown from the start.
   */
  readonly settleMs: number;
  /** With so many instances the set is full at once. */
  readonly expected?: number;
  readonly now: () => number;
}

const INSTANCE_LIMIT = 10_000;
const SETTLE_ROUNDS = 5;

/**
 * Who is there, by heartbeat. A registry that has just started knows nobody, although all are there: showing that would
 * read as a mass deletion, so watchers wait until heartbeats bring nobody new.
 */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #instances = new Map<string, { readonly instance: Instance; heardAtMs: number }>();
  readonly #protocols = new Map<string, 'http' | 'grpc'>();
  readonly #watchers = new Set<(catalogue: Catalogue) => void>();
  #settle: NodeJS.Timeout | undefined;
  #firstAtMs: number | undefined;
  readonly #sweep: NodeJS.Timeout;
  #settled: boolean;
  #revision = 0;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#settled = options.settleMs === 0;
    this.#sweep = setInterval(() => this.expire(), Math.max(50, options.ttlMs / 10));
  }

  /** Registers or renews. False when the registry is full. */
  put(id: string, registration: Registration): boolean {
    const known = this.#instances.get(id);
    if (known === undefined && this.#instances.size >= INSTANCE_LIMIT) return false;
    const instance: Instance = { id, ...registration };
    if (known !== undefined && sameInstance(known.instance, instance)) {
      known.heardAtMs = this.#options.now();
      return true;
    }
    this.#instances.set(id, { instance, heardAtMs: this.#options.now() });
    this.#protocols.set(instance.service, instance.protocol);
    this.#changed();
    return true;
  }

  /** False when it was not registered. */
  delete(id: string): boolean {
    if (!this.#instances.delete(id)) return false;
    this.#changed();
    return true;
  }

  /** Forgets whoever has not been heard of for the time to live. */
  expire(): void {
    const deadline = this.#options.now() - this.#options.ttlMs;
    const gone = [...this.#instances].filter(([, { heardAtMs }]) => heardAtMs < deadline);
    for (const [id] of gone) this.#instances.delete(id);
    if (gone.length > 0) this.#changed();
  }

  catalogue(): Catalogue {
    return {
      revision: this.#revision,
      instances: [...this.#instances.values()]
        .map(({ instance }) => instance)
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
      services: [...this.#protocols]
        .map(([name, protocol]) => ({ name, protocol }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }

  /** Calls `onCatalogue` with the set once it is settled, then at each change. Returns how to stop. */
  watch(onCatalogue: (catalogue: Catalogue) => void): () => void {
    this.#watchers.add(onCatalogue);
    if (this.#settled) onCatalogue(this.catalogue());
    return () => this.#watchers.delete(onCatalogue);
  }

  stop(): void {
    clearTimeout(this.#settle);
    clearInterval(this.#sweep);
  }

  #changed(): void {
    this.#revision += 1;
    if (this.#settled) this.#tell();
    else if (this.#instances.size >= (this.#options.expected ?? Infinity)) this.#settleNow();
    else this.#settleLater();
  }

  #settleLater(): void {
    const { settleMs, now } = this.#options;
    this.#firstAtMs ??= now();
    const leftMs = this.#firstAtMs + SETTLE_ROUNDS * settleMs - now();
    clearTimeout(this.#settle);
    this.#settle = setTimeout(() => this.#settleNow(), Math.max(0, Math.min(settleMs, leftMs)));
  }

  #settleNow(): void {
    clearTimeout(this.#settle);
    this.#settled = true;
    this.#tell();
  }

  #tell(): void {
    const catalogue = this.catalogue();
    for (const watcher of this.#watchers) watcher(catalogue);
  }
}

function sameInstance(a: Instance, b: Instance): boolean {
  return (
    a.service === b.service &&
    a.address === b.address &&
    a.meshPort === b.meshPort &&
    a.appPort === b.appPort &&
    a.grpcPort === b.grpcPort &&
    a.protocol === b.protocol
  );
}
