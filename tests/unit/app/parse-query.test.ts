import { describe, expect, it } from 'vitest';
import {
  parseAt,
  parseServiceMapQuery,
  parseTraceId,
  parseTraceQuery,
  parseWindow,
  toSearchParams,
} from '../../../app/_server/parse-query.ts';

const ask = (query: string) => toSearchParams(`http://localhost/?${query}`);
const faultsOf = (parsed: { kind: string; faults?: readonly object[] }) => parsed.faults;

describe('parseWindow', () => {
  it('takes nanoseconds and RFC 3339 for the same instant', () => {
    const nanos = parseWindow(ask('from=1646762820000000000&to=1646762830000000000'));
    const words = parseWindow(ask('from=2022-03-08T18:07:00Z&to=2022-03-08T19:07:10%2B01:00'));
    expect(nanos).toEqual(words);
  });

  it('keeps nine digits of a second', () => {
    const parsed = parseAt(ask('at=2022-03-08T18:07:00.000000001Z'));
    expect(parsed).toEqual({ kind: 'ok', value: 1646762820000000001n });
  });

  it('spans the last quarter of an hour when nothing is said', () => {
    const parsed = parseWindow({});
    if (parsed.kind !== 'ok') throw new Error('refused');
    expect(parsed.value.endUnixNano - parsed.value.startUnixNano).toBe(900_000_000_000n);
  });

  it('names each wrong parameter and what is wrong with it', () => {
    expect(faultsOf(parseWindow(ask('from=yesterday&frm=1')))).toEqual([
      {
        parameter: 'from',
        detail:
          'not an instant: use nanoseconds since the epoch or RFC 3339, e.g. 2022-03-08T18:07:00Z',
      },
      { parameter: 'frm', detail: 'no such parameter' },
    ]);
    expect(faultsOf(parseWindow(ask('from=20&to=10')))).toEqual([
      { parameter: 'from', detail: 'must be before `to`' },
    ]);
  });

  it('refuses a parameter given twice, an instant past 64 bits and a window of years', () => {
    expect(parseWindow(ask('from=1&from=2')).kind).toBe('bad');
    expect(parseWindow(ask('from=9999999999999999999')).kind).toBe('bad');
    expect(parseWindow(ask('from=0&to=1646762820000000000')).kind).toBe('bad');
  });
});

describe('parseTraceQuery', () => {
  it('reads every clause', () => {
    const parsed = parseTraceQuery(
      ask(
        'from=10&to=20&service=song&operation=GET&status=error&minDuration=1.5ms&maxDuration=2s&mode=dns&attribute=a%3Db%3Dc&attribute=d%3De&limit=7',
      ),
    );
    expect(parsed).toEqual({
      kind: 'ok',
      value: {
        window: { startUnixNano: 10n, endUnixNano: 20n },
        service: 'song',
        operation: 'GET',
        status: 'error',
        minDurationNs: 1_500_000,
        maxDurationNs: 2_000_000_000,
        mode: 'dns',
        attributes: [
          ['a', 'b=c'],
          ['d', 'e'],
        ],
        limit: 7,
      },
    });
  });

  it('leaves Detour’s own spans out, unless they are asked for', () => {
    const unwanted = (query: string): unknown => {
      const parsed = parseTraceQuery(ask(query));
      return parsed.kind === 'ok' ? parsed.value.notServicePrefix : parsed;
    };
    expect(unwanted('')).toBe('detour-');
    expect(unwanted('own=hide')).toBe('detour-');
    expect(unwanted('own=show')).toBeUndefined();
    expect(unwanted('service=detour-dashboard')).toBeUndefined();
  });

  it('takes one attribute as a list of one', () => {
    const parsed = parseTraceQuery(ask('attribute=error.type%3Dno_mapping'));
    expect(parsed).toMatchObject({ value: { attributes: [['error.type', 'no_mapping']] } });
  });

  it('refuses what it cannot read', () => {
    for (const query of [
      'mode=mesh',
      'status=failed',
      'minDuration=5',
      'limit=0',
      'limit=501',
      'attribute=x',
    ]) {
      expect(parseTraceQuery(ask(query)).kind).toBe('bad');
    }
  });
});

describe('parseServiceMapQuery', () => {
  it('hides Detour’s own services unless told to show them', () => {
    expect(parseServiceMapQuery(ask('from=1&to=2'))).toMatchObject({
      value: { withOwnServices: false },
    });
    expect(parseServiceMapQuery(ask('from=1&to=2&own=show'))).toMatchObject({
      value: { withOwnServices: true },
    });
  });
});

describe('parseTraceId', () => {
  it('takes 32 hex digits of either case', () => {
    expect(parseTraceId('AB'.repeat(16))).toEqual({ kind: 'ok', value: 'ab'.repeat(16) });
    expect(parseTraceId('ab').kind).toBe('bad');
  });
});
