import { describe, expect, it } from 'vitest';
import { criticalPath } from '#analysis/trace/critical-path.ts';
import type { Span } from '#telemetry/span.ts';
import { FAILED_SONG_TRACE } from '#tests/support/failed-song-trace.ts';
import { sketchSpan } from '#tests/support/span-fixture.ts';
import { findInTrace } from '#views/trace/find-in-trace.ts';
import { foldHops } from '#views/trace/fold-hops.ts';
import { rowLabel } from '#views/trace/row-label.ts';
import { clampView, ticks } from '#views/trace/time-scale.ts';
import { toTraceColumns } from '#views/trace/to-trace-columns.ts';
import { spanIdAt, type TraceColumns } from '#views/trace/trace-columns.ts';
import { traceCounts, traceSentence } from '#views/trace/trace-sentence.ts';
import { ALL_FOLDED, type RowState, visibleRows } from '#views/trace/visible-rows.ts';
import { nextError } from '#views/trace/walk-rows.ts';

function columnsOf(spans: readonly Span[]): TraceColumns {
  const columns = toTraceColumns(spans, criticalPath(spans).sections);
  if (columns === undefined) throw new Error('the trace has no span');
  return columns;
}

/** The list as the reader sees it: indented labels. */
function drawn(columns: TraceColumns, state: RowState = ALL_FOLDED): readonly string[] {
  const folds = foldHops(columns);
  const { items, levels } = visibleRows(columns, folds, state);
  return [...items].map((item, i) => {
    const indent = '  '.repeat((levels[i] ?? 1) - 1);
    if (item < 0) return `${indent}wait ${(folds.waits[~item]?.lengthNs ?? 0) / 1e6}`;
    const { strong, quiet } = rowLabel(columns, folds, item);
    const folded = folds.folded[item] ?? 0;
    return `${indent}${strong} ${quiet}${folded > 0 ? ` +${folded}` : ''}`;
  });
}

function sentenceOf(spans: readonly Span[]): string {
  const columns = columnsOf(spans);
  return traceSentence(columns, foldHops(columns))
    .map((part) => part.text)
    .join(' ');
}

describe('waterfall rows', () => {
  it('folds a call through sidecars into one hop and lists several attempts with the waits between', () => {
    expect(drawn(columnsOf(FAILED_SONG_TRACE))).toEqual([
      'gateway-1 GET /v1/home',
      '  gateway → playlist GET /today +3',
      '    playlist-1 GET /playlists/{id}',
      '  gateway → song GET /tracks +3',
      '    song-1 GET /tracks/{id}',
      '      song → image GET /covers/7ha +3',
      '        song-1 resolves image.lab',
      '        image-1 GET /covers/{id}',
      '      song → artist GET /artists/0Tn +1',
      '        attempt 1 127.0.14.1:15006',
      '        wait 350',
      '        attempt 2 127.0.14.2:15006',
      '        wait 701',
      '        attempt 3 127.0.14.1:15006',
    ]);
  });

  it('shows every span when all hops are open', () => {
    const columns = columnsOf(FAILED_SONG_TRACE);
    const rows = drawn(columns, { ...ALL_FOLDED, allOpened: true });
    expect(rows.filter((row) => !row.includes('wait'))).toHaveLength(FAILED_SONG_TRACE.length);
    expect(rows).toContain('    gateway-1 sidecar outbound');
    expect(rows).toContain('        playlist-1 sidecar inbound');
  });

  it('hides what lies below a closed row, waits too', () => {
    const columns = columnsOf(FAILED_SONG_TRACE);
    const song = drawn(columns).findIndex((row) => row.startsWith('  gateway → song'));
    const folds = foldHops(columns);
    const row = visibleRows(columns, folds, ALL_FOLDED).items[song] ?? 0;
    expect(drawn(columns, { ...ALL_FOLDED, closed: new Set([row]) })).toHaveLength(4);
  });

  it('does not depend on the order of arrival', () => {
    const turned = [...FAILED_SONG_TRACE].reverse();
    expect(drawn(columnsOf(turned))).toEqual(drawn(columnsOf(FAILED_SONG_TRACE)));
  });

  it('hangs spans whose parent has not arrived under a row of their own', () => {
    const spans = [
      sketchSpan({ id: 1, service: 'gateway', at: [0, 10] }),
      sketchSpan({ id: 3, parent: 2, service: 'song', at: [4, 6] }),
      sketchSpan({ id: 4, parent: 2, service: 'song', at: [5, 9] }),
    ];
    const columns = columnsOf(spans);
    expect(columns.missingParents).toBe(1);
    expect(drawn(columns)).toEqual([
      'gateway-1 GET',
      'not received span 0000000000000002',
      '  song-1 GET',
      '  song-1 GET',
    ]);
    expect(columns.lengthNs[1]).toBe(5e6);
  });

  it('cuts a ring of parents at its earliest span', () => {
    const spans = [
      sketchSpan({ id: 1, parent: 2, service: 'a', at: [0, 9] }),
      sketchSpan({ id: 2, parent: 1, service: 'b', at: [1, 8] }),
    ];
    expect(drawn(columnsOf(spans))).toEqual(['a-1 GET', '  b-1 GET']);
  });

  it('states a clock that is wrong and never draws a negative length', () => {
    const spans = [
      sketchSpan({ id: 1, service: 'a', kind: 'client', at: [20, 40] }),
      sketchSpan({ id: 2, parent: 1, service: 'b', kind: 'server', at: [0, 10] }),
      sketchSpan({ id: 3, parent: 2, service: 'b', at: [8, 4] }),
    ];
    const columns = columnsOf(spans);
    expect(columns.skew?.maxNs).toBeGreaterThanOrEqual(20e6);
    expect([...columns.lengthNs].every((length) => length >= 0)).toBe(true);
    expect([...columns.startNs].every((start) => start >= 0)).toBe(true);
  });

  it('has no columns for a trace without spans', () => {
    expect(toTraceColumns([], [])).toBeUndefined();
  });
});

describe('trace sentence', () => {
  it('names caller, callee, address, version and age of the first failing hop', () => {
    expect(sentenceOf(FAILED_SONG_TRACE)).toBe(
      'song could not reach artist: its sidecar still used 127.0.14.1:15006 from config v41, 37m 15s old, and nobody listens there. ' +
        'Three attempts failed, and waiting between them took 1.05 s of 1.17 s. ' +
        'Resolving image.lab took 418 ms.',
    );
  });

  it('names the caller alone where nothing says who was called', () => {
    const spans = [
      sketchSpan({ id: 1, service: 'gateway', kind: 'server', at: [0, 9] }),
      sketchSpan({
        id: 2,
        parent: 1,
        service: 'gateway',
        kind: 'client',
        status: 'error',
        at: [1, 4],
        attributes: { 'mesh.routing.mode': 'dns' },
      }),
    ];
    expect(sentenceOf(spans)).toMatch(/^gateway-1 failed in GET\b/);
  });

  it('says that no address was held when the configuration lacks the callee', () => {
    const spans = [
      sketchSpan({ id: 1, service: 'gateway', kind: 'server', status: 'error', at: [0, 4] }),
      sketchSpan({
        id: 2,
        parent: 1,
        service: 'gateway',
        kind: 'client',
        status: 'error',
        at: [1, 3],
        attributes: {
          'service.peer.name': 'login',
          'grpc.target': 'xds:///login',
          'mesh.routing.mode': 'xds',
          'error.type': 'no_mapping',
        },
      }),
    ];
    expect(sentenceOf(spans)).toBe(
      'gateway could not reach login: its client held no address for login.',
    );
  });

  it('tells what an answered trace spent its time on', () => {
    const spans = FAILED_SONG_TRACE.filter((span) => Number.parseInt(span.spanId, 16) <= 6).map(
      (span) => ({ ...span, status: 'unset' as const }),
    );
    expect(sentenceOf(spans)).toMatch(
      /^gateway answered GET \/v1\/home in 1\.17 s\. 97% of its critical path was spent in gateway\.$/,
    );
  });

  it('counts spans, services and hops', () => {
    const columns = columnsOf(FAILED_SONG_TRACE);
    expect(traceCounts(columns, foldHops(columns))).toBe('22 spans, 4 services, 4 hops');
  });
});

describe('finding', () => {
  const columns = columnsOf(FAILED_SONG_TRACE);

  it('matches names, services, addresses, errors and span ids, in any case', () => {
    expect(findInTrace(columns, 'CONNECT_REFUSED')).toHaveLength(3);
    expect(findInTrace(columns, '127.0.14.2')).toHaveLength(1);
    expect(findInTrace(columns, spanIdAt(columns, 5))).toEqual([5]);
    expect(findInTrace(columns, '  ')).toEqual([]);
  });

  it('walks from failure to failure and round the end', () => {
    const folds = foldHops(columns);
    const first = nextError(columns, folds, undefined) ?? -1;
    expect(first).toBe(0);
    const seen = new Set<number>();
    for (let row = first; !seen.has(row); row = nextError(columns, folds, row) ?? -1) seen.add(row);
    expect(seen.size).toBe(7);
  });
});

describe('time scale', () => {
  it('turns a view that is the wrong way round and keeps it inside the trace', () => {
    expect(clampView(9e6, -5, 4e6)).toEqual({ fromNs: 0, toNs: 4e6 });
    expect(clampView(4e6, 4e6, 4e6)).toEqual({ fromNs: 4e6 - 1000, toNs: 4e6 });
  });

  it('places round ticks', () => {
    expect(ticks({ fromNs: 0, toNs: 1174e6 }, 6)).toEqual([0, 200e6, 400e6, 600e6, 800e6, 1000e6]);
  });
});

describe('a trace of 100,000 spans', () => {
  it('becomes columns of less than 100 bytes a span and a list of rows', () => {
    const spans = Array.from({ length: 100_000 }, (_, i) =>
      sketchSpan({
        id: i + 1,
        ...(i === 0 ? {} : { parent: Math.floor((i - 1) / 8) + 1 }),
        service: `service-${i % 10}`,
        kind: i % 2 === 0 ? 'server' : 'client',
        at: [i / 1000, 200],
      }),
    );
    const columns = toTraceColumns(spans, []);
    if (columns === undefined) throw new Error('no columns');
    const bytes = Object.values(columns)
      .filter((column) => ArrayBuffer.isView(column))
      .reduce((sum, column) => sum + column.byteLength, 0);
    expect(bytes / spans.length).toBeLessThan(100);
    expect(visibleRows(columns, foldHops(columns), ALL_FOLDED).items).toHaveLength(100_000);
  });
});
