import { describe, expect, it } from 'vitest';
import { buildServiceMap } from '#analysis/service-map/build-service-map.ts';
import { failsNow } from '#analysis/service-map/judge-run.ts';
import type { CallEdgeSecond } from '#telemetry/call-edge.ts';
import { startOfSecond, unixSecond } from '#telemetry/time.ts';
import { edgeSeconds } from '#tests/support/calls.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { controlPlane } from '#tests/support/xds-clients.ts';

const calm = (perSecond: number) => edgeSeconds(70, 100, 'gateway -> login', perSecond);
const now = (calls: number, errors: number, mode: CallEdgeSecond['mode'] = 'xds-live') =>
  edgeSeconds(100, 101, 'gateway -> login', calls, { errors, mode });

describe('failsNow', () => {
  it('says nothing of calls that succeed, or of none', () => {
    expect(failsNow([])).toBe(false);
    expect(failsNow(calm(3))).toBe(false);
  });

  it('takes one failed call for chance, and a second one too', () => {
    expect(failsNow([...calm(20), ...now(1, 1)])).toBe(false);
    expect(failsNow([...calm(20), ...now(2, 2)])).toBe(false);
  });

  it('turns with the third call in a row that fails, however many succeeded before', () => {
    expect(failsNow([...calm(3), ...now(3, 3)])).toBe(true);
    expect(failsNow([...calm(50), ...now(3, 3)])).toBe(true);
  });

  it('turns with the first call that found no address', () => {
    expect(failsNow([...calm(3), ...now(2, 0), ...now(1, 1, 'xds-none')])).toBe(true);
  });

  it('turns back with the first second of calls that succeed', () => {
    const failing = edgeSeconds(95, 100, 'gateway -> login', 3, { errors: 3, mode: 'xds-none' });
    expect(failsNow([...edgeSeconds(70, 95, 'gateway -> login', 3), ...failing])).toBe(true);
    expect(
      failsNow([...edgeSeconds(70, 95, 'gateway -> login', 3), ...failing, ...now(2, 0, 'dns')]),
    ).toBe(false);
  });

  it('measures by what is normal: an edge of which a fifth fails needs more', () => {
    const sick = edgeSeconds(70, 100, 'gateway -> login', 5, { errors: 1 });
    expect(failsNow([...sick, ...now(3, 3)])).toBe(false);
  });

  it.each([3, 20])(
    'does not flicker in an hour of %i calls a second of which 1 %% fail',
    (rate) => {
      const random = seededRandom(rate);
      const seconds: CallEdgeSecond[] = [];
      let alarms = 0;
      for (let second = 0; second < 3600; second++) {
        const at = (calls: number, errors: number) =>
          edgeSeconds(second, second + 1, 'gateway -> login', calls, { errors });
        let errors = 0;
        for (let call = 1; call <= rate; call++) {
          errors += Number(random() < 0.01);
          // Looked at call by call, as the open second fills.
          alarms += Number(second >= 30 && failsNow([...seconds.slice(-29), ...at(call, errors)]));
        }
        seconds.push(...at(rate, errors));
      }
      expect(alarms).toBe(0);
    },
  );
});

describe('the map of a service whose usual callers have gone silent', () => {
  const map = (run: readonly CallEdgeSecond[] | undefined) =>
    buildServiceMap({
      window: {
        startUnixNano: startOfSecond(unixSecond(96)),
        endUnixNano: startOfSecond(unixSecond(101)),
      },
      edges: all.filter(({ second }) => second >= 96),
      services: [],
      instances: [],
      controlPlane: controlPlane(100, []),
      dns: undefined,
      ...(run && { run }),
    });
  const lost = edgeSeconds(100, 101, 'gateway -> artist', 1, { errors: 1, mode: 'xds-none' });
  const all = [
    ...edgeSeconds(70, 100, 'song -> artist', 20),
    ...edgeSeconds(70, 100, 'gateway -> artist', 3),
    ...lost,
  ];

  it('turns red with the first call that finds no address, not when the mean has moved', () => {
    const [byMean, byRun] = [map(undefined), map(all)];
    const healthOf = (m: typeof byMean, id: string) =>
      [...m.edges, ...m.nodes].find((entry) => entry.id === id)?.health;
    expect(healthOf(byMean, 'gateway->artist')).toBe('degraded');
    expect(healthOf(byRun, 'gateway->artist')).toBe('critical');
    expect(healthOf(byRun, 'artist')).toBe('critical');
    expect(healthOf(byRun, 'song->artist')).toBe('ok');
    expect(byRun.nodes.find(({ id }) => id === 'artist')?.healthReason).toBe(
      'the newest calls fail',
    );
  });

  it('does not turn it red for one rare caller while others reach it', () => {
    const others = edgeSeconds(100, 101, 'song -> artist', 20);
    const [artist] = map([...all, ...others]).nodes.filter(({ id }) => id === 'artist');
    expect(artist?.health).not.toBe('critical');
  });
});
