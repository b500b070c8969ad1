import { describe, expect, it } from 'vitest';
import { applyCompletion, completeClause } from '#views/traces/complete-clause.ts';
import {
  boxBetween,
  coarser,
  countIn,
  cropped,
  type DurationHeatmap,
  durationAtEdge,
  durationMarks,
} from '#views/traces/heatmap-scale.ts';
import {
  clausesText,
  durationText,
  parseClauses,
  parseDurationNs,
} from '#views/traces/trace-clauses.ts';
import { parseTracesLink, tracesHref, withClause } from '#views/traces/trace-link.ts';

describe('clauses', () => {
  it('reads keys, comparisons and quoted values', () => {
    expect(parseClauses('service=gateway and duration>250ms http.route="/v1/my home"')).toEqual({
      clauses: [
        { key: 'service', operator: '=', value: 'gateway' },
        { key: 'duration', operator: '>', value: '250ms' },
        { key: 'http.route', operator: '=', value: '/v1/my home' },
      ],
    });
  });

  it('says in words what cannot be read', () => {
    expect(parseClauses('gateway').problem).toContain('write key=value');
    expect(parseClauses('duration>fast').problem).toContain('not a duration');
    expect(parseClauses('duration=3ms').problem).toContain('> or <');
    expect(parseClauses('status=broken').problem).toContain('error, ok or unset');
    expect(parseClauses('service>gateway').problem).toContain('only duration');
  });

  it('writes what it reads', () => {
    const text = 'mode=dns http.route="/a b" duration<1.5s';
    expect(clausesText(parseClauses(text).clauses)).toBe(text);
  });

  it('keeps durations exact', () => {
    expect(parseDurationNs('1.5s')).toBe(1.5e9);
    expect(parseDurationNs('20')).toBe(20e6);
    expect(parseDurationNs('20 parsecs')).toBeUndefined();
    for (const ns of [90, 1500, 250_000_000, 1_500_000_000]) {
      expect(parseDurationNs(durationText(ns))).toBe(ns);
    }
  });
});

describe('address of a search', () => {
  it('is read back as it was written', () => {
    const { clauses } = parseClauses('service=song mode=xds-none duration>1s error.type=a=b');
    const range = { kind: 'fixed', from: '100', to: '200' } as const;
    const url = new URL(tracesHref({ clauses, range }), 'http://localhost');
    const params = Object.fromEntries(url.searchParams);
    expect(parseTracesLink(params)).toEqual({ clauses, range });
    expect(parseTracesLink({ ...params, own: 'show' })).toEqual({ clauses, range, withOwn: true });
    expect(tracesHref({ clauses: [], range, withOwn: true })).toBe(
      '/traces?from=100&to=200&own=show',
    );
  });

  it('is short when nothing is asked', () => {
    expect(tracesHref(parseTracesLink({}))).toBe('/traces');
  });

  it('replaces one condition and leaves the others', () => {
    const { clauses } = parseClauses('duration>1s duration<5s');
    const next = withClause(clauses, 'duration', '>', '2s');
    expect(clausesText(next)).toBe('duration<5s duration>2s');
    expect(clausesText(withClause(next, 'duration', '<', undefined))).toBe('duration>2s');
  });
});

describe('completion', () => {
  const known = {
    services: ['gateway', 'song'],
    operations: ['GET /home'],
    modeShares: { dns: 0.3 },
  };

  it('offers keys, then the values of the key', () => {
    expect(completeClause('ser', known)[0]?.text).toBe('service=');
    expect(completeClause('service=s', known).map((one) => one.text)).toEqual(['service=song']);
    expect(completeClause('operation=', known)[0]?.text).toBe('operation="GET /home"');
  });

  it('shows how many of the traces have a hop of a mode', () => {
    const dns = completeClause('mode=d', known).find((one) => one.label === 'dns');
    expect(dns).toMatchObject({ mode: 'dns', share: 0.3 });
  });

  it('replaces the word at the caret and goes on behind it', () => {
    const [service] = completeClause('serv', known);
    const keyed = applyCompletion('serv status=error', 4, service!);
    expect(keyed).toEqual({ text: 'service=status=error', caret: 8 });
    const [song] = completeClause('service=so', known);
    expect(applyCompletion('service=so', 10, song!)).toEqual({ text: 'service=song ', caret: 13 });
  });
});

describe('heatmap', () => {
  const map: DurationHeatmap = {
    columns: 2,
    rows: 3,
    minNs: 1e6,
    maxNs: 1e9,
    counts: [1, 0, 600, 40, 0, 7],
    errors: [0, 0, 0, 40, 0, 0],
  };

  it('has rows that are even in the logarithm', () => {
    expect(durationAtEdge(map, 0)).toBeCloseTo(1e6);
    expect(durationAtEdge(map, 1)).toBeCloseTo(1e7);
    expect(durationAtEdge(map, 3)).toBeCloseTo(1e9);
    expect(durationMarks(map)).toEqual([1e6, 3e6, 1e7, 3e7, 1e8, 3e8, 1e9]);
  });

  it('snaps a box to whole cells, at least one, whichever way it is drawn', () => {
    const box = { fromColumn: 1, toColumn: 2, fromRow: 1, toRow: 3 };
    expect(boxBetween(map, { x: 0.6, y: 0.1 }, { x: 0.9, y: 0.5 })).toEqual(box);
    expect(boxBetween(map, { x: 0.9, y: 0.5 }, { x: 0.6, y: 0.1 })).toEqual(box);
    expect(countIn(map, box)).toEqual({ count: 47, errors: 40 });
    expect(boxBetween(map, { x: 2, y: -1 }, { x: 2, y: -1 })).toMatchObject({
      toColumn: 2,
      toRow: 3,
    });
  });

  it('puts rows together without losing a count', () => {
    const drawn = coarser(map, 2);
    expect(drawn).toMatchObject({ rows: 2, counts: [601, 40, 0, 7], errors: [0, 40, 0, 0] });
    expect(durationAtEdge(drawn, 1)).toBeCloseTo(1e8);
    expect(coarser(map, 3)).toBe(map);
  });

  it('leaves out short rows that hold next to nothing, and says how many', () => {
    const { map: drawn, left } = cropped(map);
    expect(left).toBe(1);
    expect(drawn.rows).toBe(2);
    expect(drawn.minNs).toBeCloseTo(1e7);
    expect(drawn.counts).toEqual([600, 40, 0, 7]);
  });
});
