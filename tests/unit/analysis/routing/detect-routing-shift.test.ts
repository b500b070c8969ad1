import { describe, expect, it } from 'vitest';
import { detectRoutingShift, type RoutingSecond } from '#analysis/routing/detect-routing-shift.ts';
import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import { toServiceShifts } from '#analysis/routing/to-service-shifts.ts';
import { secondOf, startOfSecond, unixSecond } from '#telemetry/time.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { type WatchedCall, watchCalls } from '#tests/support/watched-calls.ts';

/** Second by second as the analyzer does, over a window of 120 s. */
function follow(series: readonly RoutingSecond[]): readonly RoutingShift[] {
  const known: RoutingShift[] = [];
  series.forEach((_, index) => {
    const shift = detectRoutingShift({
      client: 'song',
      server: 'artist',
      seconds: series.slice(Math.max(0, index - 119), index + 1),
      known,
      nowUnixNano: startOfSecond(unixSecond((series[index]?.second ?? 0) + 1)),
    });
    const at = known.findIndex((entry) => entry.id === shift?.id);
    if (shift !== undefined) known.splice(at < 0 ? known.length : at, 1, shift);
  });
  return known;
}

/** "mesh 60, dns 30": so many seconds by each way, at a rate. */
function seriesOf(text: string, perSecond: number): readonly RoutingSecond[] {
  const ways = text.split(', ').flatMap((part) => {
    const [way = '', seconds = '0'] = part.split(' ');
    return new Array<string>(Number(seconds)).fill(way);
  });
  return ways.map((way, second) => {
    const dns = way === 'dns' ? perSecond : way === 'half' ? perSecond / 2 : 0;
    return { second: unixSecond(second), dns, mesh: way === 'none' ? 0 : perSecond - dns };
  });
}

const story = (shifts: readonly RoutingShift[]) =>
  shifts.map((shift) => {
    const done = shift.completedUnixNano;
    return `${shift.direction} ${secondOf(shift.atUnixNano)}${done === undefined ? '' : ` done ${secondOf(done)}`}`;
  });

function poisson(random: () => number, mean: number): number {
  let count = 0;
  for (let product = random(); product > Math.exp(-mean); product *= random()) count++;
  return count;
}

describe('detectRoutingShift', () => {
  it('finds a full switch at its second, within three seconds of it', () => {
    const [shift] = follow(seriesOf('mesh 60, dns 20', 2));
    expect(story([shift!])).toEqual(['to-dns 60 done 60']);
    expect(secondOf(shift!.detectedUnixNano)).toBeLessThanOrEqual(63);
    expect(shift).toMatchObject({ shareBefore: 0, shareAfter: 1 });
    expect(shift!.fromUnixNano <= shift!.atUnixNano && shift!.atUnixNano < shift!.toUnixNano).toBe(
      true,
    );
  });

  it('finds the way back as a shift of its own', () => {
    expect(story(follow(seriesOf('mesh 60, dns 40, mesh 30', 5)))).toEqual([
      'to-dns 60 done 60',
      'to-mesh 100 done 100',
    ]);
  });

  it('takes two instances that move one after the other for one shift', () => {
    expect(story(follow(seriesOf('mesh 60, half 20, dns 20', 4)))).toEqual(['to-dns 60 done 80']);
  });

  it('bears seconds without calls', () => {
    expect(story(follow(seriesOf('mesh 60, none 10, dns 20', 3)))).toEqual(['to-dns 70 done 70']);
  });

  it('takes one stray call for no shift', () => {
    expect(follow(seriesOf('mesh 60, dns 1, mesh 60', 3))).toEqual([]);
  });

  it('reports no shift over a mixed edge that only fluctuates, in 100 seeds', () => {
    let alarms = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed);
      const series = Array.from({ length: 240 }, (_, second) => ({
        second: unixSecond(second),
        dns: poisson(random, 2),
        mesh: poisson(random, 2),
      }));
      if (follow(series).length > 0) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(1);
  });

  it('is within 2 s of the true second in 95 of 100 seeds, at one call a second', () => {
    let right = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const random = seededRandom(seed);
      const series = Array.from({ length: 120 }, (_, second) => {
        const calls = poisson(random, 1);
        return {
          second: unixSecond(second),
          dns: second >= 80 ? calls : 0,
          mesh: second >= 80 ? 0 : calls,
        };
      });
      const [shift] = follow(series);
      if (shift !== undefined && Math.abs(secondOf(shift.atUnixNano) - 80) <= 2) right++;
    }
    expect(right).toBeGreaterThanOrEqual(95);
  });
});

/** Poisson arrivals; each visit makes `clump` calls that go one way. */
function arrivals(
  random: () => number,
  perSecond: number,
  seconds: number,
  dnsShareAt: (ms: number) => number,
  clump = 1,
): readonly WatchedCall[] {
  const calls: WatchedCall[] = [];
  const gapMs = () => (-Math.log(1 - random()) * 1000 * clump) / perSecond;
  for (let atMs = gapMs(); atMs < seconds * 1000; atMs += gapMs()) {
    const way = random() < dnsShareAt(atMs) ? 'dns' : 'mesh';
    for (let call = 0; call < clump; call++) calls.push({ atMs, way });
  }
  return calls;
}

describe('the open second', { timeout: 300_000 }, () => {
  const SWITCH_MS = [60_000, 60_250, 60_500, 60_750, 60_950];

  /** Of 50 switches at every part of a second, after a minute of calls by mesh; ascending, ms. */
  function delaysMs(perSecond: number): readonly number[] {
    const delays: number[] = [];
    for (let seed = 1; seed <= 10; seed++) {
      for (const switchMs of SWITCH_MS) {
        const random = seededRandom(seed * 1000 + switchMs);
        const calls = arrivals(random, perSecond, 66, (ms) => (ms >= switchMs ? 1 : 0));
        const [shift] = watchCalls(calls, 66);
        delays.push(Number(shift?.detectedUnixNano) / 1e6 - switchMs);
      }
    }
    return delays.sort((a, b) => a - b);
  }

  it.each([
    [5, 47, 2000],
    [9, 49, 2000],
    [30, 49, 1000],
    // Fewer calls say it later: what counts is that two seconds of them have come in.
    [3, 40, 2000],
  ])(
    'reports a full switch at %i calls a second, in %i of 50 cases within %i ms',
    (perSecond, cases, ms) => {
      expect(delaysMs(perSecond)[cases - 1]).toBeLessThanOrEqual(ms);
    },
  );

  it.each([
    ['a mixed edge', 0.5, 1, 0],
    ['an edge with a little DNS', 0.05, 1, 0],
    // Three calls a visit carry the information of one.
    ['a mixed edge of visits', 0.5, 3, 2],
    ['an edge with a little DNS, by visits', 0.02, 3, 3],
  ])('reports nothing of %s in an hour', (_, share, clump, allowed) => {
    let alarms = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const calls = arrivals(seededRandom(seed), 8, 120, () => share, clump);
      if (watchCalls(calls, 120).length > 0) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(allowed);
  });

  it('takes a request with its retries, once by the other way, for no shift', () => {
    const calls = arrivals(seededRandom(7), 10, 120, () => 0);
    const stray = [0, 1, 2].map((ms) => ({ atMs: 60_300 + ms, way: 'dns' as const }));
    const all = [...calls, ...stray].sort((a, b) => a.atMs - b.atMs);
    expect(watchCalls(all, 120)).toEqual([]);
  });
});

describe('toServiceShifts', () => {
  const shift = (edge: string, at: number, done?: number): RoutingShift => {
    const [client = '', server = ''] = edge.split(' -> ');
    const instant = startOfSecond(unixSecond(at));
    return {
      id: `${edge}@${at}`,
      client,
      server,
      direction: 'to-dns',
      firstSeenUnixNano: instant,
      atUnixNano: instant,
      fromUnixNano: instant,
      toUnixNano: instant,
      ...(done === undefined ? {} : { completedUnixNano: startOfSecond(unixSecond(done)) }),
      shareBefore: 0,
      shareAfter: 1,
      detectedUnixNano: instant,
    };
  };

  it('joins the edges of a service from the first to the last', () => {
    const shifts = toServiceShifts([
      shift('gateway -> song', 60, 62),
      shift('gateway -> login', 70, 71),
    ]);
    expect(shifts).toEqual([
      {
        service: 'gateway',
        direction: 'to-dns',
        beganUnixNano: startOfSecond(unixSecond(60)),
        endedUnixNano: startOfSecond(unixSecond(71)),
        edges: 2,
      },
    ]);
  });

  it('is not over while an edge is under way', () => {
    const [first] = toServiceShifts([
      shift('gateway -> song', 60, 62),
      shift('gateway -> login', 70),
    ]);
    expect(first?.endedUnixNano).toBeUndefined();
  });
});
