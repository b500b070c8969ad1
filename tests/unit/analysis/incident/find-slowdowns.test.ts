import { describe, expect, it } from 'vitest';
import { findSlowdowns } from '#analysis/incident/find-slowdowns.ts';
import type { Slowdown } from '#analysis/incident/slowdown.ts';
import type { CallEdgeSecond } from '#telemetry/call-edge.ts';
import { NS_PER_MS, secondOf, unixSecond } from '#telemetry/time.ts';
import { type DrawnCalls, drawCalls } from '#tests/support/drawn-calls.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

const WINDOW_SECONDS = 120;

interface Watched {
  readonly slowdowns: readonly Slowdown[];
  /** The second at whose end the first was found. */
  readonly foundAt: number | undefined;
}

/** Second after second, as the analyzer looks. */
function watch(edges: readonly CallEdgeSecond[], seconds: number): Watched {
  const rows = edges.toSorted((a, b) => a.second - b.second);
  let slowdowns: readonly Slowdown[] = [];
  let foundAt: number | undefined;
  let [from, to] = [0, 0];
  for (let second = 0; second < seconds; second++) {
    while ((rows[to]?.second ?? seconds) <= second) to++;
    while ((rows[from]?.second ?? second) <= second - WINDOW_SECONDS) from++;
    const window = rows.slice(from, to);
    slowdowns = findSlowdowns(window, unixSecond(second), slowdowns);
    if (slowdowns.length > 0) foundAt ??= second;
  }
  return { slowdowns, foundAt };
}

function one(seed: number, seconds: number, drawn: DrawnCalls, pair = 'gateway -> image') {
  return drawCalls(seededRandom(seed), [0, seconds], pair, drawn);
}

const step = (at: number, before: number, after: number) => (second: number) =>
  second < at ? before : after;

describe('calls that become slow', () => {
  it.each([
    { rate: 20, within: 4 },
    { rate: 5, within: 4 },
    { rate: 1, within: 9 },
  ])(
    'are found at $rate calls a second within $within s, dated to their second',
    ({ rate, within }) => {
      for (let seed = 1; seed <= 10; seed++) {
        const edges = one(seed, 120, { rate, ms: step(90, 20, 720) });
        const { slowdowns, foundAt } = watch(edges, 120);
        expect(slowdowns).toHaveLength(1);
        const since = secondOf(slowdowns[0]!.startUnixNano);
        expect(since).toBe(edges.find(({ second }) => second >= 90)?.second);
        expect(foundAt! - since).toBeLessThanOrEqual(within);
      }
    },
  );

  it('are told with how long they took before and take now', () => {
    const [slowdown] = watch(one(1, 120, { rate: 20, ms: step(90, 20, 720) }), 120).slowdowns;
    expect(slowdown?.before.p50Ns).toBeGreaterThan(15 * NS_PER_MS);
    expect(slowdown?.before.p50Ns).toBeLessThan(25 * NS_PER_MS);
    expect(slowdown?.during.p50Ns).toBeGreaterThan(600 * NS_PER_MS);
    expect(slowdown?.during.p50Ns).toBeLessThan(850 * NS_PER_MS);
    expect(slowdown?.during.p99Ns).toBeGreaterThan(slowdown!.during.p50Ns);
  });

  it('are found when one of two instances is slow', () => {
    const random = seededRandom(3);
    const quick = drawCalls(random, [0, 120], 'gateway -> image', { rate: 5, ms: () => 20 });
    const other = drawCalls(random, [0, 120], 'gateway -> image', {
      rate: 5,
      ms: step(90, 20, 720),
    });
    expect(watch(added(quick, other), 120).slowdowns).toHaveLength(1);
  });

  it('end when they are quick again, and are told apart from the next time', () => {
    const ms = (second: number) =>
      (second >= 60 && second < 80) || (second >= 130 && second < 150) ? 720 : 20;
    const { slowdowns } = watch(one(1, 170, { rate: 10, ms }), 170);
    const periods = slowdowns.map(({ startUnixNano, endUnixNano }) => [
      secondOf(startUnixNano),
      endUnixNano && secondOf(endUnixNano),
    ]);
    expect(periods).toEqual([
      [60, 80],
      [130, 150],
    ]);
  });

  it('ended when most were quick again, whatever straggles behind', () => {
    const slow = one(1, 90, { rate: 1, ms: step(60, 20, 720) });
    const random = seededRandom(2);
    const stragglers = drawCalls(random, [90, 130], 'gateway -> image', {
      rate: 1,
      ms: (second) => (second === 92 || second === 98 ? 400 : 20),
    });
    const [slowdown] = watch([...slow, ...stragglers], 130).slowdowns;
    const last = slow.at(-1)!.second;
    expect(secondOf(slowdown!.endUnixNano!)).toBe(last + 1);
  });

  it('go on as long as they last, however usual it has become', () => {
    const { slowdowns } = watch(one(1, 400, { rate: 5, ms: step(90, 20, 720) }), 400);
    expect(slowdowns).toHaveLength(1);
    expect(slowdowns[0]?.endUnixNano).toBeUndefined();
  });
});

describe('where the time is lost', () => {
  /** song calls artist and image one after the other. */
  function mesh(
    slow: { readonly artist?: number; readonly song?: number; readonly image?: number },
    titles = 0,
  ) {
    const random = seededRandom(5);
    const extra = (service: keyof typeof slow, second: number) =>
      second < 90 ? 0 : (slow[service] ?? 0);
    const image = (second: number) => 10 + extra('image', second);
    const artist = (second: number) => 15 + extra('artist', second);
    const song = (second: number) => 10 + extra('song', second) + image(second) + artist(second);
    const draw = (pair: string, rate: number, ms: (second: number) => number) =>
      drawCalls(random, [0, 110], pair, { rate, ms, spread: 0.2 });
    return watch(
      [
        ...draw('@users -> gateway', 10, (second) => song(second) + 5),
        ...draw('gateway -> song', 10, song),
        ...draw('song -> artist', 10, artist),
        ...draw('song -> image', 10, image),
        // Titles, which need nobody: most of what song is asked for.
        ...draw('playlist -> song', titles, () => 10),
      ],
      110,
    ).slowdowns;
  }

  it('is the deepest service, whoever waits for it', () => {
    const slowdowns = mesh({ image: 600 });
    expect(slowdowns.map(({ client, server, origin }) => [client, server, origin])).toEqual([
      ['@users', 'gateway', 'image'],
      ['gateway', 'song', 'image'],
      ['song', 'image', 'image'],
    ]);
  });

  it('is the same when most requests need nobody', () => {
    expect(new Set(mesh({ image: 600 }, 40).map(({ origin }) => origin))).toEqual(
      new Set(['image']),
    );
  });

  it('is the service between, when what it calls is as quick as before', () => {
    expect(new Set(mesh({ song: 600 }).map(({ origin }) => origin))).toEqual(new Set(['song']));
  });

  it('is the one of two callees that grew', () => {
    const slowdowns = mesh({ artist: 600 });
    expect(new Set(slowdowns.map(({ origin }) => origin))).toEqual(new Set(['artist']));
    expect(slowdowns.some(({ server }) => server === 'image')).toBe(false);
  });
});

describe('no alarm', () => {
  it.each([1, 5, 20])(
    'over an hour of %i calls a second',
    (rate) => {
      for (let seed = 1; seed <= 3; seed++) {
        expect(watch(one(seed, 3600, { rate, ms: () => 30, spread: 0.8 }), 3600).slowdowns).toEqual(
          [],
        );
      }
    },
    300_000,
  );

  it.each<readonly [string, DrawnCalls]>([
    ['of four times the traffic, half as slow again', { rate: 80, ms: step(90, 40, 60) }],
    [
      'of what resolving a name takes',
      {
        rate: 10,
        ms: step(90, 20, 320),
        rest: (second) => ({ mode: second < 90 ? 'xds-live' : 'dns' }),
      },
    ],
    ['of a cold start', { rate: 10, ms: (second) => (second < 15 ? 900 : 20) }],
    ['of one pause', { rate: 10, ms: (second) => (second >= 90 && second < 92 ? 900 : 20) }],
    [
      'of calls that fail after their timeout',
      {
        rate: 10,
        ms: step(90, 20, 4000),
        rest: (second) => (second < 90 ? {} : { errors: 100, calls: 100 }),
      },
    ],
    ['of a tenth of a second less than is felt', { rate: 10, ms: step(90, 2, 60) }],
    ['of long calls that are long as ever', { rate: 2, ms: () => 2500, spread: 0.5 }],
    ['of too few calls to know', { rate: 0.15, ms: step(90, 20, 720) }],
  ])('%s', (_, drawn) => {
    for (let seed = 1; seed <= 5; seed++) {
      expect(watch(one(seed, 150, drawn), 150).slowdowns).toEqual([]);
    }
  });

  it('while failures are answered at once and then calls take their time again', () => {
    const drawn: DrawnCalls = {
      rate: 10,
      ms: (second) => (second >= 60 && second < 100 ? 1 : 150),
      rest: (second) => (second >= 60 && second < 100 ? { errors: 100, calls: 100 } : {}),
    };
    expect(watch(one(1, 180, drawn), 180).slowdowns).toEqual([]);
  });
});

/** Two instances behind one edge are one row a second. */
function added(
  a: readonly CallEdgeSecond[],
  b: readonly CallEdgeSecond[],
): readonly CallEdgeSecond[] {
  const others = new Map(b.map((row) => [row.second, row]));
  return a.map((row) => {
    const other = others.get(row.second);
    if (other === undefined) return row;
    const latency = row.latency.map((count, i) => count + (other.latency[i] ?? 0));
    return { ...row, calls: row.calls + other.calls, latency };
  });
}
