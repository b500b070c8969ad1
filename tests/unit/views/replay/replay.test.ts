import { describe, expect, it } from 'vitest';
import { mapAtFrame } from '#analysis/replay/map-at-frame.ts';
import { layoutServiceMap } from '#analysis/service-map/layout-service-map.ts';
import { replayFixture } from '#tests/support/replay-fixture.ts';
import { groupEvents, placeChips } from '#views/replay/place-chips.ts';
import { clampFrame, eventFrame, framesDue, speedBeside, toSpeed } from '#views/replay/playback.ts';
import { phasesOf } from '#views/replay/replay-phases.ts';
import { callsAt, failedAt, p95MsAt, replaySeries, runsOf } from '#views/replay/replay-series.ts';
import { seenAtFrame } from '#views/replay/seen-at-frame.ts';

const { timeline } = replayFixture();

/** Plays from the start at a speed with uneven drawings until `frame` is reached. */
function playTo(frame: number, speed: number): number {
  let at = 0;
  let carryMs = 0;
  for (let drawing = 0; at < frame; drawing++) {
    const due = framesDue(carryMs, 3 + (drawing % 7) * 4, speed);
    carryMs = due.carryMs;
    at = clampFrame(at + due.frames, timeline.frames);
  }
  return at;
}

describe('playhead', () => {
  it('shows after playing to a second what it shows after seeking to it', () => {
    for (const target of [12, 61, 94, 140, 239]) {
      const played = playTo(target, 1);
      expect(played).toBe(target);
      expect(mapAtFrame(timeline, played)).toEqual(mapAtFrame(timeline, target));
    }
  });

  it('loses no second, whatever the speed and the drawings', () => {
    for (const speed of [1, 30, 60, 155]) {
      let frames = 0;
      let carryMs = 0;
      for (let drawing = 0; drawing < 600; drawing++) {
        const due = framesDue(carryMs, 16, speed);
        frames += due.frames;
        carryMs = due.carryMs;
      }
      expect(frames).toBe(Math.floor(600 * 0.016 * speed));
    }
  });

  it('stays inside the replay', () => {
    expect(clampFrame(-4, 10)).toBe(0);
    expect(clampFrame(99, 10)).toBe(9);
  });

  it('walks from event to event', () => {
    const events = [{ frame: 3 }, { frame: 3 }, { frame: 8 }];
    expect(eventFrame(events, 0, 1)).toBe(3);
    expect(eventFrame(events, 3, 1)).toBe(8);
    expect(eventFrame(events, 8, 1)).toBeUndefined();
    expect(eventFrame(events, 8, -1)).toBe(3);
  });

  it('knows its speeds only', () => {
    expect(toSpeed('60')).toBe(60);
    expect(toSpeed('61')).toBeUndefined();
    expect(speedBeside(30, 1)).toBe(60);
    expect(speedBeside(1, -1)).toBe(1);
  });
});

describe('map of a replay', () => {
  it('has the same nodes and edges in every second, so that nothing moves', () => {
    const places = [0, 59, 60, 100, 160, 239].map((frame) => {
      const map = mapAtFrame(timeline, frame);
      return [
        ...layoutServiceMap(
          map.nodes.map((node) => node.id),
          map.edges,
        ).places,
      ];
    });
    for (const place of places) expect(place).toEqual(places[0]);
  });
});

describe('timeline', () => {
  it('counts calls between services by mode, without what users ask', () => {
    expect(callsAt(timeline, 10, 'xds-live')).toBe(37);
    expect(callsAt(timeline, 10, 'dns')).toBe(6);
    expect(callsAt(timeline, 70, 'xds-none')).toBe(37);
    expect(callsAt(timeline, 230, 'dns')).toBe(43);
    expect(failedAt(timeline, 10)).toBe(0);
    expect(failedAt(timeline, 70)).toBeCloseTo((37 + 9) / 63);
    expect(p95MsAt(timeline, 70)).toBeGreaterThan(200);
  });

  it('keeps every call when seconds share a bin', () => {
    const long = { ...timeline, frames: timeline.frames };
    const series = replaySeries(long);
    const sum = (values: readonly number[] = []) => values.reduce((a, b) => a + b, 0);
    expect(series.modes).toEqual(['xds-live', 'xds-none', 'dns']);
    expect(sum(series.calls['xds-live']) * series.framesPerBin).toBeCloseTo(37 * 60);
  });

  it('tells the chapters in order and covers every second once', () => {
    const phases = phasesOf(timeline);
    expect(phases.map((phase) => phase.name)).toEqual([
      'Before',
      'Failing',
      'Shift to DNS',
      'Mitigated',
      'Configuration back',
    ]);
    expect(phases[0]?.from).toBe(0);
    expect(phases.at(-1)?.to).toBe(timeline.frames);
    for (const [i, phase] of phases.entries())
      expect(phases[i + 1]?.from ?? phase.to).toBe(phase.to);
  });

  it('joins equal states into runs', () => {
    expect(runsOf([1, 1, 2, 1])).toEqual([
      { from: 0, to: 2, value: 1 },
      { from: 2, to: 3, value: 2 },
      { from: 3, to: 4, value: 1 },
    ]);
  });

  it('gives the inspector what was seen up to the second, not after it', () => {
    const seen = seenAtFrame(timeline, 70, { kind: 'edge', id: 'gateway->login' });
    const series = seen.get('gateway->login');
    expect(series?.perSecond).toHaveLength(71);
    expect(series?.errorRatio.at(-1)).toBe(1);
    expect(series?.errorRatio[0]).toBe(0);
    expect(seenAtFrame(timeline, 70, undefined).size).toBe(0);
  });
});

describe('event chips', () => {
  it('takes the first lane with room and never lets two overlap', () => {
    const events = [0, 0.01, 0.02, 0.03, 0.5, 0.51, 0.99].map((at) => ({
      at,
      widthPx: 120,
      rank: 0,
    }));
    const chips = placeChips(events, 1000, 3);
    for (const a of chips) {
      for (const b of chips) {
        if (a === b || a.lane !== b.lane) continue;
        expect(a.leftPx + a.widthPx <= b.leftPx || b.leftPx + b.widthPx <= a.leftPx).toBe(true);
      }
      expect(a.leftPx).toBeGreaterThanOrEqual(0);
      expect(a.leftPx + a.widthPx).toBeLessThanOrEqual(1000);
    }
    expect(chips.flatMap((chip) => chip.events)).toHaveLength(events.length);
  });

  it('says +n for events that find no lane', () => {
    const events = [0.1, 0.1, 0.1].map((at) => ({ at, widthPx: 100, rank: 0 }));
    expect(placeChips(events, 1000, 1)).toMatchObject([{ events: [0, 1, 2] }]);
  });

  it('gives the place to what matters more', () => {
    const events = [
      { at: 0.1, widthPx: 100, rank: 3 },
      { at: 0.11, widthPx: 100, rank: 0 },
    ];
    expect(placeChips(events, 1000, 1)).toMatchObject([{ events: [1, 0] }]);
  });

  it('groups one kind in one moment and keeps kinds apart', () => {
    const at = (kind: string, frame: number) => ({ kind, frame });
    const groups = groupEvents([at('a', 0), at('b', 1), at('a', 2), at('a', 9)], 2);
    expect(groups.map((group) => group.map((event) => event.frame))).toEqual([[0, 2], [1], [9]]);
  });
});
