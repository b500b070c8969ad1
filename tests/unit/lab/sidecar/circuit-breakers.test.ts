import { describe, expect, it } from 'vitest';
import { type Admission, CircuitBreakers, DEFAULT_LIMITS } from '#lab/sidecar/circuit-breakers.ts';

const LIMITS = { ...DEFAULT_LIMITS, maxConnections: 1, maxPendingRequests: 1 };

function leave(admission: Admission | Promise<Admission>): void {
  if (!('kind' in admission) || admission.kind !== 'admitted') throw new Error('was not admitted');
  admission.leave();
}

describe('circuit breakers', () => {
  it('let a request wait for a connection, and refuse it when enough wait', async () => {
    const breakers = new CircuitBreakers();
    const first = breakers.enter('song', LIMITS, false, true, 10_000);
    const second = breakers.enter('song', LIMITS, false, true, 10_000);
    expect(breakers.enter('song', LIMITS, false, true, 10_000)).toEqual({
      kind: 'refused',
      limit: 'maxPendingRequests',
    });
    leave(first);
    leave(await second);
    leave(breakers.enter('song', LIMITS, false, true, 10_000));
  });

  it('end a wait that was too long, and count it no more', async () => {
    const breakers = new CircuitBreakers();
    const first = breakers.enter('song', LIMITS, false, true, 1);
    expect(await breakers.enter('song', LIMITS, false, true, 1)).toEqual({ kind: 'late' });
    leave(first);
    leave(breakers.enter('song', LIMITS, false, true, 1));
  });

  it('refuse at once where nothing may wait', () => {
    const breakers = new CircuitBreakers();
    const limits = { ...LIMITS, maxPendingRequests: 0 };
    void breakers.enter('song', limits, false, true, 1);
    expect(breakers.enter('song', limits, false, true, 1)).toMatchObject({
      limit: 'maxConnections',
    });
  });

  it('count the requests and the retries of each cluster by itself', () => {
    const breakers = new CircuitBreakers();
    const limits = { ...DEFAULT_LIMITS, maxRequests: 2, maxRetries: 1 };
    const retry = breakers.enter('song', limits, true, true, 1);
    expect(breakers.enter('song', limits, true, true, 1)).toMatchObject({ limit: 'maxRetries' });
    void breakers.enter('song', limits, false, true, 1);
    expect(breakers.enter('song', limits, false, true, 1)).toMatchObject({ limit: 'maxRequests' });
    expect(breakers.enter('artist', limits, true, true, 1)).toMatchObject({ kind: 'admitted' });
    leave(retry);
    expect(breakers.enter('song', limits, true, true, 1)).toMatchObject({ kind: 'admitted' });
  });

  it('counts streams that share a connection as requests alone', () => {
    const breakers = new CircuitBreakers();
    const limits = { ...DEFAULT_LIMITS, maxConnections: 1, maxPendingRequests: 0, maxRequests: 2 };
    expect(breakers.enter('song', limits, false, false, 1)).toMatchObject({ kind: 'admitted' });
    expect(breakers.enter('song', limits, false, false, 1)).toMatchObject({ kind: 'admitted' });
    expect(breakers.enter('song', limits, false, false, 1)).toMatchObject({ limit: 'maxRequests' });
  });
});
