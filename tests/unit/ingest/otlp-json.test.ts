import { describe, expect, it } from 'vitest';
import { BadDataError } from '#ingest/export-outcome.ts';
import { TooLargeError } from '#ingest/export-refusal.ts';
import { transcodeOtlpJson } from '#ingest/otlp-json.ts';
import type { OtlpSignal } from '#ingest/otlp-signal.ts';
import { decodeRequest, encodeRequest } from '#tests/support/otlp/otlp-messages.ts';
import {
  type Model,
  randomMetrics,
  randomTraces,
  span,
  toOtlpJson,
  toProtoObject,
} from '#tests/support/otlp/random-otlp.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

const TRACE_ID = '5b8efff798038103d269b633813fc60c';
const SPAN_ID = 'eee19b7ec3c1b174';
const SPAN = `"traceId":"${TRACE_ID}","spanId":"${SPAN_ID}"`;

function transcode(json: string, signal: OtlpSignal = 'traces') {
  return transcodeOtlpJson(signal, Buffer.from(json));
}

function spansOf(...members: readonly string[]): string {
  const spans = members.map((inner) => `{${inner}}`).join(',');
  return `{"resourceSpans":[{"scopeSpans":[{"spans":[${spans}]}]}]}`;
}

function decodeSpans(json: string): readonly Model[] {
  const request = decodeRequest('traces', transcode(json).body) as {
    resourceSpans?: [{ scopeSpans?: [{ spans?: Model[] }] }];
  };
  return request.resourceSpans?.[0].scopeSpans?.[0].spans ?? [];
}

function attributeOf(anyValue: string): unknown {
  const [span] = decodeSpans(spansOf(`${SPAN},"attributes":[{"key":"k","value":${anyValue}}]`));
  const [attribute] = (span?.['attributes'] ?? []) as ReadonlyArray<{ value?: unknown }>;
  return attribute?.value;
}

describe('OTLP/JSON means the same as the request in protobuf', () => {
  for (const [signal, random] of [
    ['traces', randomTraces],
    ['metrics', randomMetrics],
  ] as const) {
    it(`for random ${signal} of every field and type`, () => {
      const roll = seededRandom(signal.length);
      for (let round = 0; round < 300; round++) {
        const model = random(roll);
        const json = toOtlpJson(model, roll);
        const result = transcode(json, signal);
        const expected = encodeRequest(signal, toProtoObject(model) as object);
        expect(result.rejected).toBe(0);
        expect(result.unknownKeys).toBe(0);
        expect(decodeRequest(signal, result.body)).toEqual(decodeRequest(signal, expected));
      }
    });
  }

  it('keeps every digit of a timestamp, quoted or not', () => {
    for (const text of ['1544712660000000123', '"1544712660000000123"']) {
      const [span] = decodeSpans(spansOf(`${SPAN},"startTimeUnixNano":${text}`));
      expect(span?.['startTimeUnixNano']).toBe('1544712660000000123');
    }
  });

  it('keeps the ends of the 64-bit ranges', () => {
    for (const text of ['9223372036854775807', '-9223372036854775808', '9007199254740993', '-1']) {
      expect(attributeOf(`{"intValue":${text}}`)).toEqual({ intValue: text });
      expect(attributeOf(`{"intValue":"${text}"}`)).toEqual({ intValue: text });
    }
  });

  it('reads integers with an exponent or an empty fraction, as protobuf does', () => {
    expect(attributeOf('{"intValue":1e3}')).toEqual({ intValue: '1000' });
    expect(attributeOf('{"intValue":"12.50e1"}')).toEqual({ intValue: '125' });
    expect(attributeOf('{"intValue":-2.0}')).toEqual({ intValue: '-2' });
  });

  it('reads every escape, and a lone surrogate as U+FFFD', () => {
    expect(attributeOf(String.raw`{"stringValue":"\"\\\/\b\f\n\r\té\ud83c\udfb5 ok"}`)).toEqual({
      stringValue: '"\\/\b\f\n\r\té🎵 ok',
    });
    expect(attributeOf(String.raw`{"stringValue":"a\ud83cb"}`)).toEqual({ stringValue: 'a�b' });
    expect(attributeOf(String.raw`{"string\u0056alue":"x"}`)).toEqual({ stringValue: 'x' });
  });

  it('takes base64 in both alphabets, with and without padding', () => {
    const value = { bytesValue: Buffer.from([0xfb, 0xff]) };
    for (const text of ['+/8=', '-_8=', '+/8', String.raw`+\/8=`]) {
      expect(attributeOf(`{"bytesValue":"${text}"}`)).toEqual(value);
    }
  });

  it('takes null as absence', () => {
    const [span] = decodeSpans(spansOf(`${SPAN},"name":null,"attributes":null,"status":null`));
    expect(span?.['attributes']).toBeUndefined();
  });
});

describe('one part that breaks a rule costs itself alone', () => {
  const good = `${SPAN},"name":"good"`;
  const cases: ReadonlyArray<readonly [string, string, RegExp]> = [
    ['a base64 trace id', `"traceId":"W47/95gDgQPSabYzgT/GDA==","spanId":"${SPAN_ID}"`, /traceId/],
    ['a 15-byte trace id', `"traceId":"${TRACE_ID.slice(2)}","spanId":"${SPAN_ID}"`, /16 bytes/],
    ['an empty trace id', `"traceId":"","spanId":"${SPAN_ID}"`, /traceId/],
    ['a span id of odd length', `"traceId":"${TRACE_ID}","spanId":"eee"`, /spanId/],
    ['a numeric id', `"traceId":5,"spanId":"${SPAN_ID}"`, /traceId/],
    ['a kind by name', `${SPAN},"kind":"SPAN_KIND_SERVER"`, /no enum names/],
    ['a status code by name', `${SPAN},"status":{"code":"STATUS_CODE_OK"}`, /code/],
    ['a negative timestamp', `${SPAN},"startTimeUnixNano":"-1"`, /startTimeUnixNano/],
    ['a timestamp past 2^64', `${SPAN},"startTimeUnixNano":18446744073709551616`, /64-bit/],
    ['a fraction for an integer', `${SPAN},"startTimeUnixNano":1.5`, /64-bit/],
    [
      'an integer past int64',
      `${SPAN},"attributes":[{"key":"k","value":{"intValue":"9223372036854775808"}}]`,
      /intValue/,
    ],
    ['a number for a string', `${SPAN},"name":7`, /name at byte \d+ is not a string/],
    ['a string for a list', `${SPAN},"attributes":"x"`, /attributes/],
    ['a list for an object', `${SPAN},"status":[{"code":1}]`, /status/],
    ['a bad link', `${SPAN},"links":[{"traceId":"zz","spanId":"${SPAN_ID}"}]`, /traceId/],
    [
      'base64 that is none',
      `${SPAN},"attributes":[{"key":"k","value":{"bytesValue":"*"}}]`,
      /base64/,
    ],
    [
      'text for a bool',
      `${SPAN},"attributes":[{"key":"k","value":{"boolValue":"true"}}]`,
      /boolValue/,
    ],
  ];
  for (const [title, bad, reason] of cases) {
    it(title, () => {
      const result = transcode(spansOf(good, bad, good));
      expect(result.rejected).toBe(1);
      expect(result.rejectReason).toMatch(reason);
      expect(decodeSpans(spansOf(good, bad, good)).map((span) => span['name'])).toEqual([
        'good',
        'good',
      ]);
    });
  }

  it('counts every data point of a metric that is at fault itself', () => {
    const points = '[{"asInt":1},{"asInt":"x"},{"asInt":3}]';
    const json = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[
      {"name":"a","sum":{"dataPoints":${points},"aggregationTemporality":"CUMULATIVE"}},
      {"name":"b","sum":{"dataPoints":${points},"aggregationTemporality":2}}]}]}]}`;
    const result = transcode(json, 'metrics');
    expect(result.rejected).toBe(4);
    expect(JSON.stringify(decodeRequest('metrics', result.body))).not.toContain('"name":"a"');
  });

  it('leaves upper-case hex alone in meaning', () => {
    const [span] = decodeSpans(
      spansOf(`"traceId":"${TRACE_ID.toUpperCase()}","spanId":"${SPAN_ID}"`),
    );
    expect(span?.['traceId']).toEqual(Buffer.from(TRACE_ID, 'hex'));
  });
});

describe('keys that no field has', () => {
  it('are ignored whatever they hold, and counted', () => {
    const result = transcode(
      spansOf(`${SPAN},"new":{"a":[1,{"b":"}]"}],"c":{}},"x":[[],[null,true]]`),
    );
    expect(result.rejected).toBe(0);
    expect(result.unknownKeys).toBe(2);
    expect(result.snakeCaseKey).toBeUndefined();
  });

  it('are named when they look like proto fields: such a body is empty', () => {
    const result = transcode(`{"resource_spans":[{"scope_spans":[]}]}`);
    expect(result.body).toHaveLength(0);
    expect(result.snakeCaseKey).toBe('resource_spans');
  });
});

describe('what is not JSON is refused with its place', () => {
  const cases: ReadonlyArray<readonly [string, RegExp]> = [
    ['', /byte 0: expected '\{'/],
    ['[]', /byte 0/],
    ['{"resourceSpans":[}', /byte 18/],
    ['{"resourceSpans":[]', /byte 19/],
    ['{"resourceSpans":[]}x', /byte 20: something follows/],
    ['{"a":01}', /byte 6/],
    ['{"a":1.}', /byte 7: expected a digit/],
    ['{"a":-}', /byte 6/],
    ['{"a":tru}', /expected true/],
    ['{"a":"\n"}', /control character/],
    [String.raw`{"a":"\x"}`, /no such escape/],
    [String.raw`{"a":"\u12g4"}`, /no such escape/],
    ['{"a":"', /a string does not end/],
    ['{"a" 1}', /expected ':'/],
    ['{a:1}', /expected a key/],
    ['{"a":1,}', /expected a key/],
    [`{"a":${'['.repeat(200)}`, /nested deeper/],
    [
      spansOf(`${SPAN},"attributes":[{"value":${'{"arrayValue":{"values":['.repeat(60)}`),
      /nested deeper/,
    ],
    ['{"resourceSpans":[{"resource":7}]}', /resource at byte 30 is not an object/],
  ];
  for (const [json, message] of cases) {
    it(JSON.stringify(json.slice(0, 40)), () => {
      expect(() => transcode(json)).toThrow(BadDataError);
      expect(() => transcode(json)).toThrow(message);
    });
  }

  it('invalid UTF-8', () => {
    const json = Buffer.from('{"resourceSpans":[],"a":"_"}');
    json[json.indexOf('_')] = 0xff;
    expect(() => transcodeOtlpJson('traces', json)).toThrow(/not UTF-8/);
  });

  it('a body that grows past the limit as protobuf', () => {
    const counts = '0,'.repeat(1000).slice(0, -1);
    const json = `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{"bucketCounts":[${counts}]}]}}]}]}]}`;
    expect(() => transcodeOtlpJson('metrics', Buffer.from(json), 4096)).toThrow(TooLargeError);
    expect(transcodeOtlpJson('metrics', Buffer.from(json), 9000).rejected).toBe(0);
  });
});

describe('JSON is what JSON.parse takes for JSON', () => {
  const odd = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '-',
    '.',
    'e',
    '0',
    '1e+',
    'nul',
    ' ',
    '\u0001',
  ];
  for (const [where, wrap] of [
    ['under keys that no field has', (json: string) => `{"a":${json}}`],
    ['in the fields of a request', (json: string) => json],
  ] as const) {
    it(where, () => {
      const roll = seededRandom(3);
      const whole = (below: number): number => Math.floor(roll() * below);
      const seen = { taken: 0, refused: 0 };
      for (let round = 0; round < 3000; round++) {
        const good = toOtlpJson(
          { resourceSpans: [{ scopeSpans: [{ spans: [span(roll)] }] }] },
          roll,
        );
        const at = whole(good.length + 1);
        const bad = `${good.slice(0, at)}${odd[whole(odd.length)]}${good.slice(at + whole(3))}`;
        const result = judge(wrap(bad));
        // A fault of OTLP ends the reading before the rest of the JSON is seen.
        if (result === 'no OTLP') continue;
        expect([bad, result === 'taken']).toEqual([bad, isJson(wrap(bad))]);
        seen[result]++;
      }
      expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(300);
    });
  }
});

function isJson(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

function judge(json: string): 'taken' | 'refused' | 'no OTLP' {
  try {
    transcode(json);
    return 'taken';
  } catch (error) {
    return String(error).includes('malformed JSON') ? 'refused' : 'no OTLP';
  }
}
