import { describe, expect, it } from 'vitest';
import { DEFAULT_OUTLIERS, OutlierDetection } from '#lab/sidecar/outlier-detection.ts';
import { parseCluster } from '#lab/sidecar/xds-resources.ts';

const [one, two, three, four] = [1, 2, 3, 4].map((n) => ({
  address: `127.0.13.${n}`,
  port: 15_006,
  weight: 1,
})) as [Song, Song, Song, Song];
interface Song {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
}
const ALL = [one, two, three, four];

function clocked(roll: () => number = () => 0) {
  const clock = { nowMs: 0 };
  return { clock, outliers: new OutlierDetection(() => clock.nowMs, roll) };
}

function fail(outliers: OutlierDetection, song: Song, times: number, settings = DEFAULT_OUTLIERS) {
  let ejectionMs = 0;
  for (let n = 0; n < times; n++) ejectionMs = outliers.failed(song, ALL, settings);
  return ejectionMs;
}

describe('OutlierDetection', () => {
  it('ejects after so many faults in a row, longer each time, up to a limit', () => {
    const { clock, outliers } = clocked();
    expect(fail(outliers, one, 2)).toBe(0);
    expect(outliers.isEjected(one)).toBe(false);
    const lengths: number[] = [];
    fail(outliers, one, 1);
    for (let round = 0; round < 8; round++) {
      expect(outliers.isEjected(one)).toBe(true);
      while (outliers.isEjected(one)) clock.nowMs += 5000;
      lengths.push(fail(outliers, one, 3));
    }
    expect(lengths).toEqual([10_000, 15_000, 20_000, 25_000, 30_000, 30_000, 30_000, 30_000]);
  });

  it('begins to count anew when a request succeeds', () => {
    const { outliers } = clocked();
    fail(outliers, one, 2);
    outliers.succeeded(one, DEFAULT_OUTLIERS);
    fail(outliers, one, 2);
    expect(outliers.isEjected(one)).toBe(false);
  });

  it('forgives a step for each interval without a fault', () => {
    const { clock, outliers } = clocked();
    const settings = { ...DEFAULT_OUTLIERS, intervalMs: 1000 };
    expect(fail(outliers, one, 3, settings)).toBe(5000);
    clock.nowMs = 5000;
    expect(fail(outliers, one, 3, settings)).toBe(10_000);
    clock.nowMs += 10_000 + 1000;
    outliers.succeeded(one, settings);
    expect(fail(outliers, one, 3, settings)).toBe(10_000);
    clock.nowMs += 10_000 + 60_000;
    outliers.succeeded(one, settings);
    expect(fail(outliers, one, 3, settings)).toBe(5000);
  });

  it('takes no notice of what fails while it is ejected', () => {
    const { clock, outliers } = clocked();
    fail(outliers, one, 3);
    clock.nowMs = 4999;
    expect(fail(outliers, one, 10)).toBe(0);
    clock.nowMs = 5000;
    expect(outliers.isEjected(one)).toBe(false);
  });

  it('leaves as many in as the share demands, but for one where that is wanted', () => {
    const { outliers } = clocked();
    const half = { ...DEFAULT_OUTLIERS, maxEjectedShare: 0.5, alwaysEjectsOne: false };
    for (const song of ALL) fail(outliers, song, 3, half);
    expect(ALL.map(outliers.isEjected)).toEqual([true, true, false, false]);
    const none = { ...half, maxEjectedShare: 0.1 };
    const strict = clocked().outliers;
    for (const song of ALL) fail(strict, song, 3, none);
    expect(ALL.filter(strict.isEjected)).toEqual([]);
    const lenient = clocked().outliers;
    for (const song of ALL) fail(lenient, song, 3, { ...none, alwaysEjectsOne: true });
    expect(ALL.filter(lenient.isEjected)).toEqual([one]);
  });

  it('carries out as large a part of the ejections as is enforced', () => {
    const { outliers } = clocked(() => 0.6);
    expect(fail(outliers, one, 3, { ...DEFAULT_OUTLIERS, enforcing: 0.5 })).toBe(0);
    expect(fail(outliers, two, 3, { ...DEFAULT_OUTLIERS, enforcing: 0.7 })).toBe(5000);
  });

  it('is switched off by a count of zero', () => {
    const { outliers } = clocked();
    expect(fail(outliers, one, 50, { ...DEFAULT_OUTLIERS, consecutiveFaults: 0 })).toBe(0);
  });
});

describe('outlier_detection of a cluster', () => {
  const cluster = (outlier_detection: unknown) =>
    parseCluster({ name: 'song', type: 'EDS', outlier_detection });

  it('has the defaults of its proto where it says nothing', () => {
    expect(cluster({})).toMatchObject({
      outliers: {
        consecutiveFaults: 5,
        counts5xx: true,
        baseEjectionMs: 30_000,
        maxEjectionMs: 300_000,
        maxEjectedShare: 0.1,
        alwaysEjectsOne: false,
        enforcing: 1,
        intervalMs: 10_000,
      },
    });
    expect(cluster(undefined)).not.toHaveProperty('outliers');
  });

  it('is refused where it makes no sense, by the field', () => {
    expect(() => cluster({ max_ejection_percent: { value: 101 } })).toThrow(
      /outlier_detection\.max_ejection_percent/,
    );
  });
});
