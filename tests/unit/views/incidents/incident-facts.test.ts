import { describe, expect, it } from 'vitest';
import { addNs, NS_PER_SECOND } from '#telemetry/time.ts';
import { replayFixture } from '#tests/support/replay-fixture.ts';
import {
  detectNs,
  durationBar,
  groupOf,
  lengthNs,
  lengthWords,
  matchesWords,
  median,
  mitigateNs,
  mitigationWords,
  replayHref,
} from '#views/incidents/incident-facts.ts';

const { incident } = replayFixture();
const secondsIn = (seconds: number) => addNs(incident.startUnixNano, seconds * NS_PER_SECOND);

describe('incident facts', () => {
  it('runs on while the incident has no end', () => {
    expect(lengthNs(incident, secondsIn(90))).toBe(90 * NS_PER_SECOND);
    expect(lengthNs({ ...incident, endUnixNano: secondsIn(30) }, secondsIn(90))).toBe(
      30 * NS_PER_SECOND,
    );
  });

  it('counts from the first evidence, not from the moment it was noticed', () => {
    expect(detectNs(incident)).toBe(3 * NS_PER_SECOND);
    expect(mitigateNs(incident)).toBe(98 * NS_PER_SECOND);
  });

  it('does not speak of mitigation, or of tenths, where a push was held back and nobody was reached', () => {
    const { mitigatedUnixNano: _, ...rest } = incident;
    const held = { ...rest, failedCalls: 0, slowdowns: [], endUnixNano: incident.startUnixNano };
    expect(lengthWords(held, secondsIn(90))).toBe('< 1 s');
    expect(mitigationWords(held)).toBe('no call failed');
    expect(mitigationWords(incident)).toBe('mitigated after 1m 38s');
    expect(mitigationWords({ ...rest, failedCalls: 7 })).toBe('not mitigated yet');
  });

  it('groups what is open before what is past', () => {
    expect(groupOf({ ...incident, state: 'open' }, secondsIn(1e6))).toBe('Open');
    expect(groupOf(incident, secondsIn(60))).toBe('Today');
    expect(groupOf(incident, secondsIn(3 * 86_400))).toBe('This week');
    expect(groupOf(incident, secondsIn(30 * 86_400))).toBe('Earlier');
  });

  it('takes the middle of two as their mean', () => {
    expect(median([5, 1, 3])).toBe(3);
    expect(median([4, 2])).toBe(3);
    expect(median([])).toBeUndefined();
  });

  it('draws lengths by their logarithm, inside the bar', () => {
    expect(durationBar(1)).toBeGreaterThan(0);
    expect(durationBar(1e18)).toBe(1);
    expect(durationBar(600e9)).toBeGreaterThan(durationBar(60e9));
  });

  it('finds by every word', () => {
    expect(matchesWords(incident, 'login sev-1')).toBe(true);
    expect(matchesWords(incident, 'login payments')).toBe(false);
  });

  it('links to the whole second of a moment', () => {
    expect(replayHref('inc 1', addNs(secondsIn(2), 5))).toBe(
      `/incidents/inc%201/replay?at=${secondsIn(2)}`,
    );
  });
});
