import type { Endpoint } from './xds-resources.ts';

/** Envoy's defaults are 5 failures and 30 s (outlier_detection.proto); the lab's clock runs faster. */
const FAILURES_TO_EJECT = 3;
const BASE_EJECTION_MS = 5000;
const MAX_EJECTION_MS = 30_000;

interface Health {
  readonly failures: number;
  readonly ejections: number;
  readonly ejectedUntilMs: number;
}

/** Leaves out, for a while, endpoints that could not be reached several times in a row. Kept by address and port. */
export class OutlierDetection {
  readonly #now: () => number;
  readonly #health = new Map<string, Health>();

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly isEjected = (endpoint: Endpoint): boolean => {
    if (this.#health.size === 0) return false;
    const health = this.#health.get(keyOf(endpoint));
    return health !== undefined && health.ejectedUntilMs > this.#now();
  };

  succeeded(endpoint: Endpoint): void {
    if (this.#health.size > 0) this.#health.delete(keyOf(endpoint));
  }

  /** Each ejection lasts longer than the one before. */
  failed(endpoint: Endpoint): void {
    const before = this.#health.get(keyOf(endpoint));
    const failures = (before?.failures ?? 0) + 1;
    const ejections = before?.ejections ?? 0;
    if (failures < FAILURES_TO_EJECT) {
      this.#health.set(keyOf(endpoint), { failures, ejections, ejectedUntilMs: 0 });
      return;
    }
    const ejectionMs = Math.min(MAX_EJECTION_MS, BASE_EJECTION_MS * (ejections + 1));
    this.#health.set(keyOf(endpoint), {
      failures: FAILURES_TO_EJECT - 1,
      ejections: ejections + 1,
      ejectedUntilMs: this.#now() + ejectionMs,
    });
  }
}

function keyOf(endpoint: Endpoint): string {
  return `${endpoint.address}:${endpoint.port}`;
}
