/** What one cluster may have under way at once, on this proxy (circuit_breaker.proto). */
export interface CircuitLimits {
  readonly maxConnections: number;
  readonly maxPendingRequests: number;
  readonly maxRequests: number;
  readonly maxRetries: number;
}

export type CircuitLimit = keyof CircuitLimits;

/** Envoy's defaults, where a cluster says nothing; its 3 retries give way to the retry budget, as there. */
export const DEFAULT_LIMITS: CircuitLimits = {
  maxConnections: 1024,
  maxPendingRequests: 1024,
  maxRequests: 1024,
  maxRetries: Number.POSITIVE_INFINITY,
};

export type Admission =
  | { readonly kind: 'admitted'; readonly leave: () => void }
  | { readonly kind: 'refused'; readonly limit: CircuitLimit }
  /** Waited `waitLimitMs` for a connection and got none. */
  | { readonly kind: 'late' };

interface Circuit {
  limits: CircuitLimits;
  /** Requests, those that wait included. */
  requests: number;
  /** In HTTP/1.1 a request under way has a connection to itself; streams of HTTP/2 share one and are not counted. */
  connections: number;
  retries: number;
  readonly waiting: Set<() => void>;
}

/** Refuses at once what would only have joined a queue that does not move. */
export class CircuitBreakers {
  readonly #circuits = new Map<string, Circuit>();

  /** Synchronous where a connection is free, as nearly always. */
  enter(
    cluster: string,
    limits: CircuitLimits,
    isRetry: boolean,
    hasOwnConnection: boolean,
    waitLimitMs: number,
  ): Admission | Promise<Admission> {
    const circuit = this.#circuitOf(cluster, limits);
    if (circuit.requests >= limits.maxRequests) return { kind: 'refused', limit: 'maxRequests' };
    if (isRetry && circuit.retries >= limits.maxRetries) {
      return { kind: 'refused', limit: 'maxRetries' };
    }
    if (!hasOwnConnection || circuit.connections < limits.maxConnections) {
      return this.#admit(circuit, isRetry, hasOwnConnection ? 1 : 0);
    }
    if (circuit.waiting.size >= limits.maxPendingRequests) {
      const limit = limits.maxPendingRequests === 0 ? 'maxConnections' : 'maxPendingRequests';
      return { kind: 'refused', limit };
    }
    return this.#wait(circuit, isRetry, waitLimitMs);
  }

  #circuitOf(cluster: string, limits: CircuitLimits): Circuit {
    const known = this.#circuits.get(cluster);
    if (known) {
      known.limits = limits;
      return known;
    }
    const circuit = {
      limits,
      requests: 0,
      connections: 0,
      retries: 0,
      waiting: new Set<() => void>(),
    };
    this.#circuits.set(cluster, circuit);
    return circuit;
  }

  #admit(circuit: Circuit, isRetry: boolean, connections: 0 | 1): Admission {
    circuit.requests += 1;
    circuit.connections += connections;
    if (isRetry) circuit.retries += 1;
    return { kind: 'admitted', leave: () => this.#leave(circuit, isRetry, connections) };
  }

  #wait(circuit: Circuit, isRetry: boolean, limitMs: number): Promise<Admission> {
    circuit.requests += 1;
    return new Promise((resolve) => {
      const end = (admission: () => Admission) => {
        clearTimeout(timer);
        circuit.waiting.delete(proceed);
        circuit.requests -= 1;
        resolve(admission());
      };
      const proceed = () => end(() => this.#admit(circuit, isRetry, 1));
      const timer = setTimeout(() => end(() => ({ kind: 'late' })), limitMs);
      circuit.waiting.add(proceed);
    });
  }

  #leave(circuit: Circuit, isRetry: boolean, connections: 0 | 1): void {
    circuit.requests -= 1;
    circuit.connections -= connections;
    if (isRetry) circuit.retries -= 1;
    if (circuit.connections >= circuit.limits.maxConnections) return;
    const [next] = circuit.waiting;
    next?.();
  }
}
