import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
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

/** One call whose frames are written by hand, as grpc-js would not. Resolves with the trailers' grpc-status. */
async function rawCall(port: number, frame: Buffer, encoding: string): Promise<string> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  const stream = session.request({
    ':method': 'POST',
    ':path': SIGNAL_NAMES.traces.method,
    'content-type': 'application/grpc',
    'grpc-encoding': encoding,
    te: 'trailers',
  });
  let status: unknown;
  const note = (headers: Record<string, unknown>): void => {
    status = headers['grpc-status'] ?? status;
  };
  stream.on('response', note).on('trailers', note).resume();
  stream.end(frame);
  await once(stream, 'close');
  session.destroy();
  return String(status);
}

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
    for (const body of store.bodies)
      expect(decodeRequest('traces', body)).toEqual(decodeRequest('traces', BODY));
    expect(store.bodies).toHaveLength(2);
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
      expect(store.bodies.splice(0).sort(Buffer.compare)).toEqual(sent);
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
    expect(await rawCall(grpc.port, frame(true, Buffer.from('no gzip')), 'gzip')).toBe(
      `${Status.INVALID_ARGUMENT}`,
    );
    expect(
      await rawCall(grpc.port, frame(true, zipped.subarray(0, zipped.length - 9)), 'gzip'),
    ).toBe(`${Status.INVALID_ARGUMENT}`);
    expect(await rawCall(grpc.port, frame(true, zipped), 'gzip')).toBe(`${Status.OK}`);
    expect(await rawCall(grpc.port, frame(true, zipped), 'snappy')).toBe(`${Status.UNIMPLEMENTED}`);
    expect(counters.snapshot().lastRefusal?.reason).toBe('malformed');
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
    const stream = session.request({
      ':method': 'POST',
      ':path': SIGNAL_NAMES.traces.method,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.write(frame(false, BODY).subarray(0, 7));
    const [headers] = await once(stream, 'response');
    expect(headers['grpc-status']).toBe(`${Status.DEADLINE_EXCEEDED}`);
    expect(budget.inFlightBytes).toBe(0);
    expect(counters.snapshot().lastRefusal?.reason).toBe('too-slow');
    session.destroy();
  });

  it('is counted when the client goes away first', async () => {
    const { grpc, budget, counters } = await start();
    const session = connectHttp2(`http://127.0.0.1:${grpc.port}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': SIGNAL_NAMES.traces.method,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    session.on('error', () => undefined);
    stream.on('error', () => undefined);
    stream.write(frame(false, BODY).subarray(0, 7));
    while (budget.inFlightBytes === 0) await wait(5);
    session.destroy();
    while (budget.inFlightBytes > 0) await wait(5);
    expect(counters.snapshot().lastRefusal?.reason).toBe('cancelled');
    expect((await call(grpc.port, 'traces', BODY)).code).toBe(Status.OK);
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
