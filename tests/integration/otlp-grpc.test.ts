import { once } from 'node:events';
import { connect as connectHttp2, constants, type OutgoingHttpHeaders } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { deflateSync, gzipSync } from 'node:zlib';
import { Client, compressionAlgorithms, credentials, status as Status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { BadDataError, UnavailableError } from '#ingest/export-outcome.ts';
import { OTLP_SIGNALS, SIGNAL_NAMES } from '#ingest/otlp-signal.ts';
import {
  decodeRequest,
  decodeResponse,
  decodeStatus,
  encodeRequest,
} from '#tests/support/otlp/otlp-messages.ts';
import { randomTraces, toProtoObject } from '#tests/support/otlp/random-otlp.ts';
import {
  call,
  callOn,
  capture,
  type ReceiverSettings,
  startTestReceiver,
  type TestReceiver,
} from '#tests/support/otlp/test-receiver.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

const MIB = 1024 * 1024;
const GZIP = { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip };
const BODY = encodeRequest('traces', toProtoObject(randomTraces(seededRandom(1))) as object);
const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

let receiver: TestReceiver | undefined;
afterEach(async () => {
  await receiver?.stop();
  receiver = undefined;
});

async function start(settings: Partial<ReceiverSettings> = {}): Promise<TestReceiver> {
  receiver = await startTestReceiver({ exportTraces: capture().exportBody, ...settings });
  return receiver;
}

function detailsOf(status: Buffer | undefined): readonly (string | undefined)[] {
  return status === undefined
    ? []
    : (decodeStatus(status).details ?? []).map((detail) => detail.typeUrl);
}

/** One call whose frames are written by hand, as grpc-js would not. Resolves with grpc-status, or the HTTP status without one. */
async function rawCall(
  port: number,
  sent: Buffer,
  headers: OutgoingHttpHeaders = {},
): Promise<string> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  const stream = session.request({ ...CALL_HEADERS, ...headers }, { endStream: false });
  let status: unknown;
  const note = (got: Record<string, unknown>): void => {
    status = got['grpc-status'] ?? status ?? got[':status'];
  };
  stream.on('response', note).on('trailers', note).resume();
  stream.end(sent);
  await once(stream, 'close');
  session.destroy();
  return String(status);
}

const CALL_HEADERS = {
  ':method': 'POST',
  ':path': SIGNAL_NAMES.traces.method,
  'content-type': 'application/grpc',
  te: 'trailers',
};

function frame(isCompressed: boolean, message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head[0] = isCompressed ? 1 : 0;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

describe('what is stored', () => {
  it('is the message as sent, plain and gzip', async () => {
    const store = capture();
    const { grpc } = await start({ exportTraces: store.exportBody });
    for (const options of [{}, GZIP]) {
      const answer = await call(grpc.port, 'traces', BODY, options);
      expect([answer.code, answer.body?.length]).toEqual([Status.OK, 0]);
    }
    const deflated = frame(true, deflateSync(BODY));
    expect(await rawCall(grpc.port, deflated, { 'grpc-encoding': 'deflate' })).toBe('0');
    for (const body of store.bodies)
      expect(decodeRequest('traces', body)).toEqual(decodeRequest('traces', BODY));
    expect(store.bodies).toHaveLength(3);
  });

  it('stays as sent until the answer, however many large ones are under way', async () => {
    let waiting: (() => void)[] = [];
    const store = capture();
    const { grpc } = await start({
      exportTraces: async (body) => {
        await new Promise<void>((go) => {
          waiting.push(go);
          if (waiting.length === 8) for (const next of waiting) next();
        });
        return await store.exportBody(body);
      },
    });
    // The second round lies where the first did, and is shorter.
    for (const size of [200_000, 130_000]) {
      waiting = [];
      const sent = Array.from({ length: 8 }, (_, n) => Buffer.alloc(size, 65 + n));
      await Promise.all(sent.map((body) => call(grpc.port, 'traces', body)));
      const stored = store.bodies.splice(0).sort(Buffer.compare);
      expect(sent.map((body, n) => stored[n]?.equals(body))).toEqual(sent.map(() => true));
    }
  });

  it('may be nothing, for each signal', async () => {
    const { grpc } = await start();
    for (const signal of OTLP_SIGNALS) {
      const answer = await call(grpc.port, signal, Buffer.alloc(0));
      expect([answer.code, answer.body?.length]).toEqual([Status.OK, 0]);
    }
  });

  it('may be a part', async () => {
    const { grpc } = await start({
      exportTraces: capture({ rejected: 3, errorMessage: 'bad ids' }).exportBody,
    });
    const answer = await call(grpc.port, 'traces', BODY);
    expect(answer.code).toBe(Status.OK);
    expect(decodeResponse('traces', answer.body ?? Buffer.alloc(0))).toEqual({
      partialSuccess: { rejectedSpans: '3', errorMessage: 'bad ids' },
    });
  });

  it('takes a message of exactly the limit', async () => {
    const { grpc } = await start();
    expect((await call(grpc.port, 'traces', Buffer.alloc(4 * MIB))).code).toBe(Status.OK);
  });
});

describe('what is refused', () => {
  it('is RESOURCE_EXHAUSTED without RetryInfo above the limit, plain or inflated', async () => {
    const store = capture();
    const { grpc, counters } = await start({ exportTraces: store.exportBody });
    for (const options of [{}, GZIP]) {
      const answer = await call(grpc.port, 'traces', Buffer.alloc(4 * MIB + 1), options);
      expect(answer.code).toBe(Status.RESOURCE_EXHAUSTED);
      expect(detailsOf(answer.status)).not.toContain(RETRY_INFO);
    }
    expect(store.bodies).toHaveLength(0);
    expect(counters.snapshot().requests).toEqual([
      expect.objectContaining({
        signal: 'traces',
        transport: 'grpc',
        reason: 'too-large',
        requests: 2,
      }),
    ]);
  });

  it('is INVALID_ARGUMENT with BadRequest for bad data', async () => {
    const { grpc } = await start({
      exportTraces: async () => {
        throw new BadDataError('field 9 is cut off ☠');
      },
    });
    const answer = await call(grpc.port, 'traces', Buffer.from([0x0a, 0xff]));
    expect([answer.code, answer.details]).toEqual([
      Status.INVALID_ARGUMENT,
      'field 9 is cut off ☠',
    ]);
    expect(detailsOf(answer.status)).toEqual(['type.googleapis.com/google.rpc.BadRequest']);
    expect(decodeStatus(answer.status ?? Buffer.alloc(0)).message).toBe('field 9 is cut off ☠');
  });

  it('is INVALID_ARGUMENT for a body that is no gzip or is cut off', async () => {
    const { grpc, counters } = await start();
    const zipped = gzipSync(BODY);
    const gzip = { 'grpc-encoding': 'gzip' };
    for (const bad of [Buffer.from('no gzip'), zipped.subarray(0, zipped.length - 9)]) {
      expect(await rawCall(grpc.port, frame(true, bad), gzip)).toBe(`${Status.INVALID_ARGUMENT}`);
    }
    expect(counters.snapshot().lastRefusal?.reason).toBe('malformed');
    expect(await rawCall(grpc.port, frame(true, zipped), gzip)).toBe(`${Status.OK}`);
  });

  it('is UNIMPLEMENTED for a compression or a method that is not known', async () => {
    const { grpc, counters } = await start();
    const unknown = [
      [{ 'grpc-encoding': 'snappy' }, 'wrong-media-type'],
      [{ ':path': '/opentelemetry.proto.collector.trace.v1.TraceService/Import' }, 'wrong-path'],
      [{ ':path': '/v1/traces' }, 'wrong-path'],
    ] as const;
    for (const [headers, reason] of unknown) {
      const status = await rawCall(grpc.port, frame(false, BODY), headers);
      expect(status).toBe(`${Status.UNIMPLEMENTED}`);
      expect(counters.snapshot().lastRefusal?.reason).toBe(reason);
    }
  });

  it('is an HTTP status where it is no gRPC', async () => {
    const { grpc, counters } = await start();
    const sent = frame(false, BODY);
    for (const type of ['application/json', 'application/grpc-web', 'application/grpc+json']) {
      expect(await rawCall(grpc.port, sent, { 'content-type': type })).toBe('415');
    }
    expect(await rawCall(grpc.port, sent, { ':method': 'PUT' })).toBe('405');
    expect(counters.snapshot().lastRefusal?.reason).toBe('wrong-method');
    const type = 'application/grpc+proto; charset=utf-8';
    expect(await rawCall(grpc.port, sent, { 'content-type': type })).toBe(`${Status.OK}`);
  });

  it('is INVALID_ARGUMENT for what is not one whole message', async () => {
    const store = capture();
    const { grpc, budget } = await start({ exportTraces: store.exportBody });
    const one = frame(false, BODY);
    const odd = Buffer.from(one);
    odd[0] = 2;
    const broken = [
      Buffer.alloc(0),
      one.subarray(0, 4),
      one.subarray(0, one.length - 1),
      Buffer.concat([one, one]),
      odd,
      frame(true, BODY),
    ];
    for (const sent of broken) {
      expect(await rawCall(grpc.port, sent)).toBe(`${Status.INVALID_ARGUMENT}`);
    }
    const noTime = { 'grpc-timeout': '5x' };
    expect(await rawCall(grpc.port, one, noTime)).toBe(`${Status.INVALID_ARGUMENT}`);
    expect([store.bodies.length, budget.inFlightBytes]).toEqual([0, 0]);
  });

  it('is UNAVAILABLE with RetryInfo for trouble that passes, foreseen or not', async () => {
    for (const error of [
      new UnavailableError('the database does not answer', 5),
      new TypeError('x is not a function'),
    ]) {
      const { grpc } = await start({
        exportTraces: () => {
          throw error;
        },
      });
      const answer = await call(grpc.port, 'traces', BODY);
      expect(answer.code).toBe(Status.UNAVAILABLE);
      expect(detailsOf(answer.status)).toEqual([RETRY_INFO]);
      await receiver?.stop();
    }
  });

  it('is UNAVAILABLE when the messages in flight fill the budget', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { grpc, budget, counters } = await start({
      budgetBytes: 200_000,
      exportTraces: async () => {
        await gate;
        return { rejected: 0, errorMessage: '' };
      },
    });
    const client = new Client(`127.0.0.1:${grpc.port}`, credentials.createInsecure(), {
      'grpc.enable_retries': 0,
    });
    const first = callOn(client, 'traces', Buffer.alloc(150_000));
    while (budget.inFlightBytes < 150_000) await wait(5);
    const answer = await callOn(client, 'traces', Buffer.alloc(150_000));
    expect([answer.code, detailsOf(answer.status)]).toEqual([Status.UNAVAILABLE, [RETRY_INFO]]);
    expect(counters.snapshot().lastRefusal?.reason).toBe('overloaded');
    release();
    expect((await first).code).toBe(Status.OK);
    expect((await callOn(client, 'traces', Buffer.alloc(130_000))).code).toBe(Status.OK);
    expect(budget.inFlightBytes).toBe(0);
    client.close();
  });

  it('is DEADLINE_EXCEEDED for a message that does not come, and frees its room', async () => {
    const { grpc, budget, counters } = await start({ requestTimeoutMs: 200 });
    const session = connectHttp2(`http://127.0.0.1:${grpc.port}`);
    const stream = session.request(CALL_HEADERS);
    stream.write(frame(false, BODY).subarray(0, 7));
    const [headers] = await once(stream, 'response');
    expect(headers['grpc-status']).toBe(`${Status.DEADLINE_EXCEEDED}`);
    expect(budget.inFlightBytes).toBe(0);
    expect(counters.snapshot().lastRefusal?.reason).toBe('too-slow');
    session.destroy();
  });

  it('is DEADLINE_EXCEEDED past the deadline of the client', async () => {
    const { grpc, budget } = await start();
    const session = connectHttp2(`http://127.0.0.1:${grpc.port}`);
    const stream = session.request({ ...CALL_HEADERS, 'grpc-timeout': '100m' });
    stream.write(frame(false, BODY).subarray(0, 7));
    const [headers] = await once(stream, 'response');
    expect(headers['grpc-status']).toBe(`${Status.DEADLINE_EXCEEDED}`);
    expect(budget.inFlightBytes).toBe(0);
    session.destroy();
  });

  it('is counted when the client goes away first, from its call or its connection', async () => {
    for (const way of ['call', 'connection']) {
      const { grpc, budget, counters } = await start();
      const session = connectHttp2(`http://127.0.0.1:${grpc.port}`);
      const stream = session.request(CALL_HEADERS);
      session.on('error', () => undefined);
      stream.on('error', () => undefined);
      stream.write(frame(false, BODY).subarray(0, 7));
      while (budget.inFlightBytes === 0) await wait(5);
      if (way === 'call') stream.close(constants.NGHTTP2_CANCEL);
      else session.destroy();
      while (budget.inFlightBytes > 0) await wait(5);
      expect(counters.snapshot().lastRefusal?.reason).toBe('cancelled');
      expect((await call(grpc.port, 'traces', BODY)).code).toBe(Status.OK);
      session.destroy();
      await receiver?.stop();
    }
  });

  it('stops no one who comes after it on the same connection', async () => {
    const { grpc, budget } = await start();
    const client = new Client(`127.0.0.1:${grpc.port}`, credentials.createInsecure(), {
      'grpc.max_send_message_length': -1,
      'grpc.enable_retries': 0,
    });
    // Together several times what may be on its way on one connection.
    const tooLarge = Buffer.alloc(6 * MIB);
    for (let n = 0; n < 6; n++) {
      expect((await callOn(client, 'traces', tooLarge)).code).toBe(Status.RESOURCE_EXHAUSTED);
    }
    expect((await callOn(client, 'traces', Buffer.alloc(3 * MIB))).code).toBe(Status.OK);
    expect(budget.inFlightBytes).toBe(0);
    client.close();
  });
});

describe('the connection', () => {
  it('carries hundreds of pipelined calls', async () => {
    const store = capture();
    const { grpc } = await start({ exportTraces: store.exportBody });
    const client = new Client(`127.0.0.1:${grpc.port}`, credentials.createInsecure());
    const answers = await Promise.all(
      Array.from({ length: 500 }, () => callOn(client, 'traces', BODY)),
    );
    expect(new Set(answers.map((answer) => answer.code))).toEqual(new Set([Status.OK]));
    expect(store.bodies).toHaveLength(500);
    client.close();
  });

  it('is counted while it is open, and is not one where HTTP/1 is spoken', async () => {
    const { grpc, counters } = await start();
    const session = connectHttp2(`http://127.0.0.1:${grpc.port}`);
    while (counters.snapshot().connections !== 1) await wait(5);
    const socket = connectTcp(grpc.port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'close');
    session.destroy();
    while (counters.snapshot().connections !== 0) await wait(5);
    expect((await call(grpc.port, 'traces', BODY)).code).toBe(Status.OK);
  });

  it('carries large messages side by side', async () => {
    const store = capture();
    const { grpc } = await start({ exportTraces: store.exportBody });
    const client = new Client(`127.0.0.1:${grpc.port}`, credentials.createInsecure());
    const sent = Array.from({ length: 30 }, (_, n) => Buffer.alloc(MIB, n));
    const answers = await Promise.all(sent.map((body) => callOn(client, 'traces', body)));
    expect(new Set(answers.map((answer) => answer.code))).toEqual(new Set([Status.OK]));
    const stored = store.bodies.sort(Buffer.compare);
    expect(sent.map((body, n) => stored[n]?.equals(body))).toEqual(sent.map(() => true));
    client.close();
  });

  it('finishes what is in flight on shutdown', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isExporting = false;
    const { grpc } = await start({
      exportTraces: async () => {
        isExporting = true;
        await gate;
        return { rejected: 0, errorMessage: '' };
      },
    });
    const inFlight = call(grpc.port, 'traces', BODY);
    while (!isExporting) await wait(5);
    const stopped = grpc.stop();
    release();
    expect((await inFlight).code).toBe(Status.OK);
    await stopped;
    expect((await call(grpc.port, 'traces', BODY)).code).toBe(Status.UNAVAILABLE);
  });
});
