import { describe, expect, it } from 'vitest';
import { addNs, fromUnixMs } from '#telemetry/time.ts';
import { mapFixture } from '#tests/support/live-fixture.ts';
import { addToHistory } from '#views/live/edge-history.ts';
import { tracesOfEdge, tracesOfNode } from '#views/service-map/inspected-traces.ts';
import { seenFigures } from '#views/service-map/seen-figures.ts';

const AT = fromUnixMs(1_700_000_000_000);

describe('seenFigures', () => {
  it('says what the sparks draw, the newest second first', () => {
    const calm = mapFixture('calm', AT);
    const midst = mapFixture('midst', addNs(AT, 1e9));
    const seen = addToHistory(addToHistory(new Map(), undefined, calm), calm, midst);
    const { columns, rows } = seenFigures(seen.get('gateway->login') ?? NONE, 'p99');
    expect(columns).toEqual(['UTC', 'Calls/s', 'Errors', 'p99']);
    expect(rows.map(({ cells }) => [cells[0], cells[2]])).toEqual([
      ['22:13:21', '100%'],
      ['22:13:20', '0%'],
    ]);
  });

  it('does not call an unknown latency nought', () => {
    const seen = { ...NONE, seconds: [0 as never], perSecond: [0], errorRatio: [0] };
    const { rows } = seenFigures({ ...seen, latencyMs: [undefined] }, 'p95');
    expect(rows[0]?.cells.at(-1)).toBe('–');
  });
});

describe('the inspector’s traces', () => {
  const map = mapFixture('midst', AT);
  const edge = map.edges.find(({ id }) => id === 'gateway->login');

  it('are those of the time on the screen, where that is past', () => {
    const { startUnixNano: from, endUnixNano: to } = map.window;
    expect(tracesOfNode('song', { onlyFailed: true, past: map.window })).toBe(
      `/traces?service=song&status=error&from=${from}&to=${to}`,
    );
    expect(tracesOfNode('song', { onlyFailed: false, past: undefined })).toBe(
      '/traces?service=song',
    );
  });

  it('ask for the mode that fails', () => {
    if (edge === undefined) throw new Error('the fixture has no such edge');
    const href = tracesOfEdge(edge, { onlyFailed: true, past: undefined });
    expect(href).toBe('/traces?service=gateway&status=error&mode=xds-none');
  });
});

const NONE = { seconds: [], perSecond: [], errorRatio: [], latencyMs: [] };
