import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import {
  ask,
  capture,
  GZIP,
  JSON_TYPE,
  PROTOBUF,
  type ReceiverSettings,
  startTestReceiver,
  type TestReceiver,
} from '#tests/support/otlp/test-receiver.ts';

let receiver: TestReceiver | undefined;
afterEach(async () => {
  await receiver?.stop();
  receiver = undefined;
});

async function start(settings: Partial<ReceiverSettings> = {}): Promise<TestReceiver> {
  receiver = await startTestReceiver({ exportTraces: capture().exportBody, ...settings });
  return receiver;
}

describe('the connection', () => {
  it('carries gzip back only to who asked', async () => {
    const errorMessage = 'span id is all zero; '.repeat(40);
    const { http } = await start({
      exportTraces: capture({ rejected: 1, errorMessage }).exportBody,
    });
    const plain = await ask(http.port, { headers: JSON_TYPE, body: '{}' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    const zipped = await ask(http.port, {
      headers: { ...JSON_TYPE, 'accept-encoding': 'deflate, gzip' },
      body: '{}',
    });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(zipped.body)).toEqual(plain.body);
    const unwanted = await ask(http.port, {
      headers: { ...JSON_TYPE, 'accept-encoding': 'gzip;q=0' },
      body: '{}',
    });
    expect(unwanted.headers['content-encoding']).toBeUndefined();
  });

  it('stays open after an answer, refusals included', async () => {
    const { http } = await start();
    const socket = connect(http.port, '127.0.0.1');
    const lines: string[] = [];
    socket.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
    const post = (type: string, body: string): string =>
      `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    socket.write(
      post('text/plain', 'hello') + post('application/json', '{') + post('application/json', '{}'),
    );
    while (lines.join('').split('HTTP/1.1').length < 4) await once(socket, 'data');
    expect([...lines.join('').matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual([
      '415',
      '400',
      '200',
    ]);
    socket.destroy();
  });

  it('is cut when headers or body do not come', async () => {
    const { http, budget, counters } = await start({
      headersTimeoutMs: 200,
      requestTimeoutMs: 400,
    });
    for (const beginning of [
      'POST /v1/traces HTTP/1.1\r\nHost:',
      'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000000\r\n\r\n{',
    ]) {
      const socket = connect(http.port, '127.0.0.1');
      let answer = '';
      socket.on('data', (chunk: Buffer) => {
        answer += chunk;
      });
      socket.write(beginning);
      await once(socket, 'close');
      expect(answer).toContain('408');
    }
    while (budget.inFlightBytes > 0) await wait(5);
    expect(counters.snapshot().requests.map((entry) => entry.reason)).toContain('too-slow');
  });

  it('may bring a body byte by byte without taking more than its bytes', async () => {
    const store = capture();
    const { http } = await start({ exportTraces: store.exportBody });
    const body = Buffer.from(
      `{"a":"${'x'.repeat(300_000)}","resourceSpans":[{"schemaUrl":"end"}]}`,
    );
    const socket = connect(http.port, '127.0.0.1');
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    socket.write(`${[...body.toString()].map((byte) => `1\r\n${byte}\r\n`).join('')}0\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toContain('200 OK');
    expect(store.bodies[0]?.toString()).toContain('end');
    socket.destroy();
  });

  it('may break in the middle of a body', async () => {
    const { http, budget, counters } = await start();
    const socket = connect(http.port, '127.0.0.1');
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n{"a"',
    );
    while (budget.inFlightBytes === 0) await wait(5);
    socket.destroy();
    while (counters.snapshot().lastRefusal?.reason !== 'cancelled') await wait(5);
    expect(budget.inFlightBytes).toBe(0);
    expect((await ask(http.port, { headers: JSON_TYPE, body: '{}' })).status).toBe(200);
  });

  it('may speak no HTTP', async () => {
    const { http } = await start();
    const socket = connect(http.port, '127.0.0.1');
    socket.write('\x16\x03\x01\x02\x00 hello\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toContain('400 Bad Request');
    expect((await ask(http.port, { headers: JSON_TYPE, body: '{}' })).status).toBe(200);
  });

  it('finishes what is in flight on shutdown and answers the rest with 503', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { http, budget } = await start({
      exportTraces: async () => {
        await gate;
        return { rejected: 0, errorMessage: '' };
      },
    });
    const inFlight = ask(http.port, { headers: JSON_TYPE, body: '{}' });
    while (budget.inFlightBytes === 0) await wait(5);
    const stopped = http.stop();
    const late = await ask(http.port, { headers: JSON_TYPE, body: '{}' });
    expect([late.status, late.headers['retry-after'], late.headers.connection]).toEqual([
      503,
      '1',
      'close',
    ]);
    release();
    const answer = await inFlight;
    expect([answer.status, answer.headers.connection]).toEqual([200, 'close']);
    await stopped;
    await expect(ask(http.port, { headers: JSON_TYPE, body: '{}' })).rejects.toThrow(
      'ECONNREFUSED',
    );
  });
});

describe('the byte budget', () => {
  it('is 503 when the bodies in flight fill the budget, and 200 when they are gone', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { http, budget, counters } = await start({
      budgetBytes: 100_000,
      exportTraces: async () => {
        await gate;
        return { rejected: 0, errorMessage: '' };
      },
    });
    const question = { headers: PROTOBUF, body: Buffer.alloc(40_000) };
    const first = [ask(http.port, question), ask(http.port, question)];
    while (budget.inFlightBytes < 80_000) await wait(5);
    const announced = await ask(http.port, question);
    const streamed = await ask(http.port, {
      headers: { ...PROTOBUF, 'transfer-encoding': 'chunked' },
      body: question.body,
    });
    const inflated = await ask(http.port, {
      headers: { ...PROTOBUF, ...GZIP },
      body: gzipSync(question.body),
    });
    for (const answer of [announced, streamed, inflated]) {
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    }
    expect(counters.snapshot().lastRefusal?.reason).toBe('overloaded');
    release();
    expect((await Promise.all(first)).map((answer) => answer.status)).toEqual([200, 200]);
    expect((await ask(http.port, question)).status).toBe(200);
    expect(budget.inFlightBytes).toBe(0);
  });
});
