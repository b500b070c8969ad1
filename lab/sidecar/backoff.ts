export interface BackoffPolicy {
  readonly baseMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** Share of the delay that chance may add or take, 0..1. */
  readonly jitter: number;
}

/** Envoy's first step (500 ms) with gRPC's growth and jitter (doc/connection-backoff.md in grpc/grpc). */
export const ADS_BACKOFF: BackoffPolicy = { baseMs: 500, factor: 1.6, maxMs: 10_000, jitter: 0.2 };

/** Delay before try number `attempt` (0 = the first repeat). `roll` is uniform in [0, 1). */
export function backoffMs(policy: BackoffPolicy, attempt: number, roll: number): number {
  const plain = Math.min(policy.maxMs, policy.baseMs * policy.factor ** attempt);
  return plain * (1 + policy.jitter * (2 * roll - 1));
}
