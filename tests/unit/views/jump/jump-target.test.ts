import { describe, expect, it } from 'vitest';
import { fromUnixMs } from '#telemetry/time.ts';
import { type JumpTarget, namedTargets, rankTargets } from '#views/jump/jump-target.ts';

const target = (label: string, hint = ''): JumpTarget => ({
  id: label,
  kind: 'service',
  label,
  hint,
  href: `/${label}`,
});
const labels = (targets: readonly JumpTarget[]) => targets.map((each) => each.label);
const NOW = fromUnixMs(Date.parse('2022-03-08T18:40:00Z'));
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('rankTargets', () => {
  const all = ['playlist', 'artist', 'Lab', 'gateway → artist'].map((label) => target(label));

  it('keeps everything in its order while nothing is typed', () => {
    expect(labels(rankTargets(all, '  '))).toEqual(labels(all));
  });

  it('puts what begins with the word before what has it inside', () => {
    expect(labels(rankTargets(all, 'art'))).toEqual(['artist', 'gateway → artist']);
  });

  it('wants every word, in any order', () => {
    expect(labels(rankTargets(all, 'artist gate'))).toEqual(['gateway → artist']);
  });

  it('looks into the hint last', () => {
    const found = rankTargets([target('8 March', 'march-8'), target('march of time')], 'march');
    expect(labels(found)).toEqual(['march of time', '8 March']);
  });
});

describe('namedTargets', () => {
  it('knows a trace id, of either case, and inside a traceparent header', () => {
    for (const text of [TRACE.toUpperCase(), `00-${TRACE}-00f067aa0ba902b7-01`, ` ${TRACE} `]) {
      expect(namedTargets(text, NOW).map(({ href }) => href)).toEqual([`/traces/${TRACE}`]);
    }
  });

  it('takes a time of day for the latest one gone by', () => {
    const [map] = namedTargets('18:07', NOW);
    expect(map?.href).toBe('/map?at=2022-03-08T18:07:00.000Z');
    const [yesterday] = namedTargets('19:00:30', NOW);
    expect(yesterday?.href).toBe('/map?at=2022-03-07T19:00:30.000Z');
  });

  it('offers nothing for the future, and nothing for words', () => {
    expect(namedTargets('2022-03-09 10:00', NOW)).toEqual([]);
    expect(namedTargets('25:99', NOW)).toEqual([]);
    expect(namedTargets('song', NOW)).toEqual([]);
  });
});
