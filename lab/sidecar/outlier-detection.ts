import type { Endpoint } from './endpoint.ts';

/** When an endpoint is left out, and for how long (envoy.config.cluster.v3.OutlierDetection). */
export interface OutlierSettings {
  /** Faults in a row; 0 = never. */
  readonly consecutiveFaults: number;
  /** An answer of 5xx is a fault, as a connection that fails is. */
  readonly counts5xx: boolean;
  readonly baseEjectionMs: number;
  readonly maxEjectionMs: number;
  /** Of all endpoints of the cluster, 0..1. */
  readonly maxEjectedShare: number;
  /** One is ejected whatever the share. */
  readonly alwaysEjectsOne: boolean;
  /** How many of the ejections that are due are carried out, 0..1. */
  readonly enforcing: number;
  /** Each time that an endpoint is well for so long, its next ejection is shorter by one step. */
  readonly intervalMs: number;
}

/**
 * Where a cluster says nothing: connections that fail three times in a row. Envoy's steps would be 30 s; the lab's clock
 * runs faster.
 */
export const DEFAULT_OUTLIERS: OutlierSettings = {
  consecutiveFaults: 3,
  counts5xx: false,
  baseEjectionMs: 5000,
  maxEjectionMs: 30_000,
  maxEjectedShare: 1,
  alwaysEjectsOne: true,
  enforcing: 1,
  intervalMs: 10_000,
};

interface Health {
  readonly faults: number;
  readonly ejections: number;
  readonly ejectedUntilMs: number;
}

const WELL: Health = { faults: 0, ejections: 0, ejectedUntilMs: 0 };

/** Leaves out, for a while, endpoints that failed several times in a row. Kept by address and port. */
export class OutlierDetection {
  readonly #now: () => number;
  readonly #roll: () => number;
  readonly #health = new Map<string, Health>();

  /** `roll` is uniform in [0, 1). */
  constructor(now: () => number, roll: () => number) {
    this.#now = now;
    this.#roll = roll;
  }

  readonly isEjected = (endpoint: Endpoint): boolean => {
    if (this.#health.size === 0) return false;
    const health = this.#health.get(keyOf(endpoint));
    return health !== undefined && health.ejectedUntilMs > this.#now();
  };

  succeeded(endpoint: Endpoint, { intervalMs }: OutlierSettings): void {
    if (this.#health.size === 0) return;
    const key = keyOf(endpoint);
    const health = this.#health.get(key);
    if (!health) return;
    const ejections = this.#ejectionsLeft(health, intervalMs);
    if (ejections === 0) this.#health.delete(key);
    else this.#health.set(key, { ...health, faults: 0 });
  }

  /** One of `endpoints`, all those of its cluster. For how many ms it is left out from now on; 0 = it is not. */
  failed(endpoint: Endpoint, endpoints: readonly Endpoint[], settings: OutlierSettings): number {
    const key = keyOf(endpoint);
    const before = this.#health.get(key) ?? WELL;
    // What was under way when it was ejected says nothing new.
    if (settings.consecutiveFaults === 0 || before.ejectedUntilMs > this.#now()) return 0;
    const faults = before.faults + 1;
    if (faults < settings.consecutiveFaults) {
      this.#health.set(key, { ...before, faults });
      return 0;
    }
    if (!this.#mayEject(endpoints, settings)) {
      this.#health.set(key, { ...before, faults: 0 });
      return 0;
    }
    const ejections = this.#ejectionsLeft(before, settings.intervalMs) + 1;
    const limitMs = Math.max(settings.maxEjectionMs, settings.baseEjectionMs);
    const ejectionMs = Math.min(limitMs, settings.baseEjectionMs * ejections);
    const ejectedUntilMs = this.#now() + ejectionMs;
    this.#health.set(key, { faults: 0, ejections, ejectedUntilMs });
    return ejectionMs;
  }

  #mayEject(endpoints: readonly Endpoint[], settings: OutlierSettings): boolean {
    const ejected = endpoints.filter(this.isEjected).length;
    const isWithinShare = ejected + 1 <= settings.maxEjectedShare * endpoints.length;
    if (!isWithinShare && !(settings.alwaysEjectsOne && ejected === 0)) return false;
    return this.#roll() < settings.enforcing;
  }

  /** Steps that time has not made good. */
  #ejectionsLeft({ ejections, ejectedUntilMs }: Health, intervalMs: number): number {
    if (ejections === 0) return 0;
    const wellMs = this.#now() - ejectedUntilMs;
    return wellMs < 0 ? ejections : Math.max(0, ejections - Math.floor(wellMs / intervalMs));
  }
}

function keyOf(endpoint: Endpoint): string {
  return `${endpoint.address}:${endpoint.port}`;
}
