import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { BadDataError, type ExportBody, UnavailableError } from '#ingest/export-outcome.ts';
import { OTLP_SIGNALS, SIGNAL_NAMES } from '#ingest/otlp-signal.ts';
import {
  decodeRequest,
  decodeResponse,
  decodeStatus,
  encodeRequest,
} from '#tests/support/otlp/otlp-messages.ts';
import { randomTraces, toOtlpJson, toProtoObject } from '#tests/support/otlp/random-otlp.ts';
import {
  ask,
  capture,
  GZIP,
  type HttpAnswer,
  JSON_TYPE,
  PROTOBUF,
  type ReceiverSettings,
  startTestReceiver,
  type TestReceiver,
} from '#tests/support/otlp/test-receiver.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

const MIB = 1024 * 1024;
const model = randomTraces(seededRandom(1));
const PROTOBUF_BODY = encodeRequest('traces', toProtoObject(model) as object);
const JSON_BODY = toOtlpJson(model);

let receiver: TestReceiver | undefined;
afterEach(async () => {
  await receiver?.stop();
  receiver = undefined;
});

async function start(settings: Partial<ReceiverSettings> = {}): Promise<TestReceiver> {
  receiver = await startTestReceiver({ exportTraces: capture().exportBody, ...settings });
  return receiver;
}

function statusOf(answer: HttpAnswer): { message?: string; code?: number } {
  return answer.headers['content-type'] === 'application/json'
    ? JSON.parse(answer.body.toString())
    : decodeStatus(answer.body);
}

describe('what is stored', () => {
  it('is the same for each encoding and compression', async () => {
    const store = capture();
    const { http } = await start({ exportTraces: store.exportBody });
    const expected = decodeRequest('traces', PROTOBUF_BODY);
    for (const [headers, body] of [
      [PROTOBUF, PROTOBUF_BODY],
      [{ ...PROTOBUF, ...GZIP }, gzipSync(PROTOBUF_BODY)],
      [JSON_TYPE, JSON_BODY],
      [{ ...JSON_TYPE, ...GZIP }, gzipSync(JSON_BODY)],
      [{ 'content-type': 'APPLICATION/JSON; charset=utf-8' }, JSON_BODY],
      [{ ...PROTOBUF, 'content-encoding': 'identity' }, PROTOBUF_BODY],
      [{ ...PROTOBUF, 'transfer-encoding': 'chunked' }, PROTOBUF_BODY],
      [
        { ...PROTOBUF, ...GZIP },
        Buffer.concat([
          gzipSync(PROTOBUF_BODY.subarray(0, 9)),
          gzipSync(PROTOBUF_BODY.subarray(9)),
        ]),
      ],
    ] as const) {
      const answer = await ask(http.port, { headers, body });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe(
        headers['content-type'] === PROTOBUF['content-type']
          ? 'application/x-protobuf'
          : 'application/json',
      );
      expect(answer.body.toString()).toBe(
        headers['content-type'] === PROTOBUF['content-type'] ? '' : '{}',
      );
    }
    expect(store.bodies).toHaveLength(8);
    for (const body of store.bodies) expect(decodeRequest('traces', body)).toEqual(expected);
  });

  it('may be nothing: empty requests and envelopes succeed with partial_success unset', async () => {
    const { http } = await start();
    for (const signal of OTLP_SIGNALS) {
      const answer = await ask(http.port, { path: SIGNAL_NAMES[signal].path, headers: PROTOBUF });
      expect([answer.status, answer.body.length]).toEqual([200, 0]);
    }
    for (const body of [
      '{}',
      '{"resourceSpans":[]}',
      '{"resourceSpans":[{}]}',
      '{"resourceSpans":[{"scopeSpans":[{}]}]}',
    ]) {
      const answer = await ask(http.port, { headers: JSON_TYPE, body });
      expect([answer.status, answer.body.toString()]).toEqual([200, '{}']);
    }
  });
});

describe('what is partly stored', () => {
  it('is a success that counts what was rejected, in the encoding of the request', async () => {
    const { exportBody } = capture({ rejected: 2, errorMessage: 'trace id is all zero' });
    const { http, counters } = await start({ exportTraces: exportBody });
    const binary = await ask(http.port, { headers: PROTOBUF, body: PROTOBUF_BODY });
    expect(decodeResponse('traces', binary.body)).toEqual({
      partialSuccess: { rejectedSpans: '2', errorMessage: 'trace id is all zero' },
    });
    const text = await ask(http.port, { headers: JSON_TYPE, body: JSON_BODY });
    expect(JSON.parse(text.body.toString())).toEqual({
      partialSuccess: { rejectedSpans: '2', errorMessage: 'trace id is all zero' },
    });
    expect(counters.snapshot().lastPartialSuccess?.message).toBe('trace id is all zero');
  });

  it('adds what OTLP/JSON itself makes unreadable', async () => {
    const store = capture();
    const { http } = await start({ exportTraces: store.exportBody });
    const spans =
      '[{"traceId":"00","spanId":"eee19b7ec3c1b174"},{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"}]';
    const body = `{"resourceSpans":[{"scopeSpans":[{"spans":${spans}}]}]}`;
    const answer = await ask(http.port, { headers: JSON_TYPE, body });
    const { partialSuccess } = JSON.parse(answer.body.toString());
    expect([answer.status, partialSuccess.rejectedSpans]).toEqual([200, '1']);
    expect(partialSuccess.errorMessage).toMatch(
      /^1 spans rejected: traceId at byte \d+ is not 16 bytes in hex$/,
    );
    expect(JSON.stringify(decodeRequest('traces', store.bodies[0] ?? Buffer.alloc(0)))).toContain(
      '"spanId"',
    );
  });

  it('warns of snake_case keys, with nothing rejected', async () => {
    const { http, counters } = await start();
    const answer = await ask(http.port, {
      headers: JSON_TYPE,
      body: '{"resource_spans":[{"scope_spans":[]}]}',
    });
    const { partialSuccess } = JSON.parse(answer.body.toString());
    expect(partialSuccess.rejectedSpans).toBeUndefined();
    expect(partialSuccess.errorMessage).toContain('resource_spans');
    expect(counters.snapshot().unknownKeys).toBe(1);
  });

  it('are logs: each record is rejected and the sender is told', async () => {
    const { http } = await start();
    const record = { timeUnixNano: '1', body: { stringValue: 'x' } };
    const logs = {
      resourceLogs: [{ scopeLogs: [{ logRecords: [record, record] }, { logRecords: [record] }] }],
    };
    const binary = await ask(http.port, {
      path: '/v1/logs',
      headers: PROTOBUF,
      body: encodeRequest('logs', logs),
    });
    expect(decodeResponse('logs', binary.body)).toEqual({
      partialSuccess: {
        rejectedLogRecords: '3',
        errorMessage: expect.stringContaining('not kept'),
      },
    });
    const text = await ask(http.port, {
      path: '/v1/logs',
      headers: JSON_TYPE,
      body: JSON.stringify(logs),
    });
    expect(JSON.parse(text.body.toString()).partialSuccess.rejectedLogRecords).toBe('3');
  });
});

describe('what is refused', () => {
  it('answers paths, methods and media types as a web server does', async () => {
    const { http, counters } = await start();
    const json = await ask(http.port, { path: '/v1/nothing', headers: JSON_TYPE, body: '{}' });
    expect([json.status, json.headers['content-type']]).toEqual([404, 'application/json']);
    expect(
      (await ask(http.port, { path: '/', headers: { 'content-type': 'text/plain' } })).status,
    ).toBe(404);
    const get = await ask(http.port, { method: 'GET' });
    expect([get.status, get.headers.allow]).toEqual([405, 'POST']);
    expect(get.headers['content-type']).toContain('text/plain');
    const plain = await ask(http.port, { headers: { 'content-type': 'text/plain' }, body: 'x' });
    expect([plain.status, plain.headers['content-type']]).toEqual([
      415,
      'text/plain; charset=utf-8',
    ]);
    expect((await ask(http.port, { body: 'x' })).status).toBe(415);
    expect(
      (await ask(http.port, { path: '/v1/traces?x=1', headers: JSON_TYPE, body: '{}' })).status,
    ).toBe(200);
    const reasons = counters.snapshot().requests.map((entry) => entry.reason);
    expect(new Set(reasons)).toEqual(
      new Set(['wrong-path', 'wrong-method', 'wrong-media-type', undefined]),
    );
  });

  it('is 400 with a Status in the request encoding when the body is broken', async () => {
    const exportTraces: ExportBody = async () => {
      throw new BadDataError('a field is longer than the message that holds it');
    };
    const { http } = await start({ exportTraces });
    const cases = [
      { headers: PROTOBUF, body: Buffer.from([0x0a, 0xff]) },
      { headers: JSON_TYPE, body: '{"resourceSpans":[' },
      { headers: JSON_TYPE, body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) },
      { headers: JSON_TYPE, body: '' },
      { headers: { ...JSON_TYPE, ...GZIP }, body: '{}' },
      { headers: { ...PROTOBUF, ...GZIP }, body: gzipSync(PROTOBUF_BODY).subarray(0, 40) },
      { headers: { ...PROTOBUF, 'content-encoding': 'zstd' }, body: 'x' },
    ];
    for (const question of cases) {
      const answer = await ask(http.port, question);
      expect(answer.status).toBe(400);
      expect(answer.headers['content-type']).toBe(question.headers['content-type']);
      expect(statusOf(answer).code).toBe(3);
      expect(statusOf(answer).message).not.toBe('');
      expect(answer.headers['retry-after']).toBeUndefined();
    }
  });

  it('is 413 above the limit, announced, streamed or inflated', async () => {
    const store = capture();
    const { http, budget } = await start({ exportTraces: store.exportBody });
    const large = Buffer.alloc(20 * MIB + 1);
    const lyingBomb = gzipSync(Buffer.alloc(64 * MIB));
    lyingBomb.writeUInt32LE(10, lyingBomb.length - 4);
    for (const question of [
      { headers: PROTOBUF, body: large },
      { headers: { ...PROTOBUF, 'transfer-encoding': 'chunked' }, body: large },
      { headers: { ...PROTOBUF, ...GZIP }, body: gzipSync(Buffer.alloc(200 * MIB)) },
      { headers: { ...JSON_TYPE, ...GZIP }, body: lyingBomb },
    ]) {
      const answer = await ask(http.port, question);
      expect(answer.status).toBe(413);
      expect(statusOf(answer).message).toContain('20971520 bytes');
    }
    expect(store.bodies).toHaveLength(0);
    expect(budget.inFlightBytes).toBe(0);
    expect(budget.peakBytes).toBeLessThanOrEqual(21 * MIB);
  });

  it('takes a body of exactly the limit', async () => {
    const { http } = await start({ maxBodyBytes: 1000 });
    const body = Buffer.alloc(1000);
    expect((await ask(http.port, { headers: PROTOBUF, body })).status).toBe(200);
    expect(
      (await ask(http.port, { headers: { ...PROTOBUF, ...GZIP }, body: gzipSync(body) })).status,
    ).toBe(200);
    expect((await ask(http.port, { headers: PROTOBUF, body: Buffer.alloc(1001) })).status).toBe(
      413,
    );
  });

  it('is 503 with Retry-After for trouble that passes, foreseen or not', async () => {
    for (const [error, seconds] of [
      [new UnavailableError('the database does not answer', 5), '5'],
      [new TypeError('x is not a function'), '1'],
    ] as const) {
      const { http } = await start({
        exportTraces: async () => {
          throw error;
        },
      });
      const answer = await ask(http.port, { headers: JSON_TYPE, body: '{}' });
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, seconds]);
      expect(statusOf(answer).code).toBe(14);
      await receiver?.stop();
    }
  });
});
