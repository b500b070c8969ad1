import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { compressionAlgorithms, status as Status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMetricPoints } from '#store/metric-points/read-metric-points.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { type Span, traceId } from '#telemetry/span.ts';
import { fromUnixMs } from '#telemetry/time.ts';
import { decodeResponse, decodeStatus, encodeRequest } from '#tests/support/otlp/otlp-messages.ts';
import { type Model, toOtlpJson, toProtoObject } from '#tests/support/otlp/random-otlp.ts';
import { protobufOf, RESOURCE, someSpans, tracesOf } from '#tests/support/otlp/some-spans.ts';
import { type StoredReceiver, startStoredReceiver } from '#tests/support/otlp/stored-receiver.ts';
import { ask, call, GZIP, JSON_TYPE, PROTOBUF } from '#tests/support/otlp/test-receiver.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

let receiver: StoredReceiver;
beforeAll(async () => {
  receiver = await startStoredReceiver();
});
afterAll(() => receiver.stop());

async function readSpansOf(id: Buffer): Promise<readonly Omit<Span, 'traceId'>[]> {
  const spans = await readTrace(receiver.store.db, traceId(id.toString('hex')));
  return spans.map(({ traceId: _, ...rest }) => rest);
}

describe('one request', () => {
  it('is stored alike by each encoding, compression and transport', async () => {
    const ways: ReadonlyArray<readonly [string, (model: Model) => Promise<number>]> = [
      [
        'HTTP protobuf',
        async (model) =>
          (await ask(receiver.http.port, { headers: PROTOBUF, body: protobufOf(model) })).status,
      ],
      [
        'HTTP protobuf gzip',
        async (model) =>
          (
            await ask(receiver.http.port, {
              headers: { ...PROTOBUF, ...GZIP },
              body: gzipSync(protobufOf(model)),
            })
          ).status,
      ],
      [
        'HTTP JSON',
        async (model) =>
          (await ask(receiver.http.port, { headers: JSON_TYPE, body: toOtlpJson(model) })).status,
      ],
      [
        'HTTP JSON gzip',
        async (model) =>
          (
            await ask(receiver.http.port, {
              headers: { ...JSON_TYPE, ...GZIP },
              body: gzipSync(toOtlpJson(model, seededRandom(1))),
            })
          ).status,
      ],
      ['gRPC', async (model) => (await call(receiver.grpc.port, 'traces', protobufOf(model))).code],
      [
        'gRPC gzip',
        async (model) =>
          (
            await call(receiver.grpc.port, 'traces', protobufOf(model), {
              'grpc.default_compression_algorithm': compressionAlgorithms.gzip,
            })
          ).code,
      ],
    ];
    let expected: readonly Omit<Span, 'traceId'>[] | undefined;
    for (const [name, send] of ways) {
      const id = randomBytes(16);
      expect([name, await send(tracesOf(someSpans(20, id)))]).toEqual([
        name,
        name.startsWith('gRPC') ? Status.OK : 200,
      ]);
      const stored = await readSpansOf(id);
      expected ??= stored;
      expect(stored).toHaveLength(20);
      expect(stored).toEqual(expected);
    }
    expect(expected?.[0]?.startUnixNano).toBe(1544712660000000123n);
    expect(expected?.[0]?.service).toBe('song');
  });

  it('keeps its bad spans out and its good ones in', async () => {
    const ok = randomBytes(16);
    const [good] = someSpans(1, ok);
    const bad = [
      { ...good, traceId: Buffer.alloc(16) },
      { ...good, traceId: randomBytes(15) },
      { ...good, traceId: Buffer.alloc(0) },
      { ...good, spanId: Buffer.alloc(8) },
      { ...good, spanId: Buffer.alloc(0) },
    ];
    const model = tracesOf([...bad, good as Model]);
    const binary = await ask(receiver.http.port, { headers: PROTOBUF, body: protobufOf(model) });
    expect(decodeResponse('traces', binary.body)).toEqual({
      partialSuccess: {
        rejectedSpans: '5',
        errorMessage: expect.stringMatching(/^5 spans rejected: /),
      },
    });
    const text = await ask(receiver.http.port, { headers: JSON_TYPE, body: toOtlpJson(model) });
    expect([text.status, JSON.parse(text.body.toString()).partialSuccess.rejectedSpans]).toEqual([
      200,
      '5',
    ]);
    const grpc = await call(receiver.grpc.port, 'traces', protobufOf(model));
    expect(grpc.code).toBe(Status.OK);
    expect(JSON.stringify(decodeResponse('traces', grpc.body ?? Buffer.alloc(0)))).toContain(
      '"rejectedSpans":"5"',
    );
    expect(await readSpansOf(ok)).toHaveLength(1);
  });

  it('is refused whole when its bytes are no message', async () => {
    const body = protobufOf(tracesOf(someSpans(3, randomBytes(16))));
    const deep = nest(300);
    for (const bad of [
      body.subarray(0, body.length - 5),
      randomBytes(500),
      Buffer.from([0x0b]),
      deep,
    ]) {
      const http = await ask(receiver.http.port, { headers: PROTOBUF, body: bad });
      expect(http.status).toBe(400);
      expect(decodeStatus(http.body).message).not.toBe('');
      expect((await call(receiver.grpc.port, 'traces', bad)).code).toBe(Status.INVALID_ARGUMENT);
    }
  });

  it('is stored once when it comes twice at the same time', async () => {
    const before = await receiver.countSpans();
    const body = protobufOf(tracesOf(someSpans(7, randomBytes(16))));
    const answers = await Promise.all([
      ask(receiver.http.port, { headers: PROTOBUF, body }),
      ask(receiver.http.port, { headers: { ...PROTOBUF, ...GZIP }, body: gzipSync(body) }),
      call(receiver.grpc.port, 'traces', body),
      call(receiver.grpc.port, 'traces', body),
    ]);
    expect(
      answers.map((answer) =>
        'status' in answer && typeof answer.status === 'number' ? answer.status : Status.OK,
      ),
    ).toEqual([200, 200, 0, 0]);
    expect(await receiver.countSpans()).toBe(before + 7);
  });

  it('may hold metrics, alike in each encoding', async () => {
    const nowMs = Date.now();
    const timeUnixNano = fromUnixMs(nowMs);
    const bodyOf = (name: string): Model => ({
      resourceMetrics: [
        {
          resource: RESOURCE,
          scopeMetrics: [
            {
              metrics: [
                {
                  name,
                  unit: '1',
                  sum: {
                    aggregationTemporality: 2,
                    isMonotonic: true,
                    dataPoints: [{ timeUnixNano, asInt: 41n }],
                  },
                },
                {
                  name,
                  unit: '1',
                  gauge: {
                    dataPoints: [
                      {
                        timeUnixNano,
                        asDouble: 0.5,
                        attributes: [{ key: 'k', value: { stringValue: 'v' } }],
                      },
                    ],
                  },
                },
                {
                  name,
                  unit: 's',
                  histogram: {
                    aggregationTemporality: 2,
                    dataPoints: [
                      {
                        timeUnixNano,
                        count: 3n,
                        sum: 1.5,
                        bucketCounts: [1n, 2n],
                        explicitBounds: [0.5],
                      },
                    ],
                  },
                },
              ],
            },
          ],
        },
      ],
    });
    const path = '/v1/metrics';
    await ask(receiver.http.port, { path, headers: JSON_TYPE, body: toOtlpJson(bodyOf('a.json')) });
    await ask(receiver.http.port, {
      path,
      headers: PROTOBUF,
      body: encodeRequest('metrics', toProtoObject(bodyOf('a.http')) as object),
    });
    await call(
      receiver.grpc.port,
      'metrics',
      encodeRequest('metrics', toProtoObject(bodyOf('a.grpc')) as object),
    );
    const window = {
      startUnixNano: fromUnixMs(nowMs - 1000),
      endUnixNano: fromUnixMs(nowMs + 1000),
    };
    const valuesOf = async (name: string) => {
      const points = await readMetricPoints(receiver.store.db, { names: [name], window });
      return points.map((point) => point.value).sort((a, b) => a.kind.localeCompare(b.kind));
    };
    const values = await valuesOf('a.json');
    expect(values.map((value) => value.kind)).toEqual(['gauge', 'histogram', 'sum']);
    expect(values[2]).toMatchObject({ value: 41, monotonic: true });
    expect(await valuesOf('a.http')).toEqual(values);
    expect(await valuesOf('a.grpc')).toEqual(values);
  });

  it('may say since when a process counts, and by that when the next one began', async () => {
    const nowMs = Date.now();
    const sumOf = (name: string, startMs: number, pointMs: number, aggregationTemporality = 2) => {
      const times = {
        startTimeUnixNano: fromUnixMs(startMs),
        timeUnixNano: fromUnixMs(pointMs),
      };
      const dataPoints = [{ ...times, asInt: 1n }];
      return { name, sum: { aggregationTemporality, isMonotonic: true, dataPoints } };
    };
    const send = async (...metrics: readonly Model[]) => {
      const model = { resourceMetrics: [{ resource: RESOURCE, scopeMetrics: [{ metrics }] }] };
      const body = encodeRequest('metrics', toProtoObject(model) as object);
      await ask(receiver.http.port, { path: '/v1/metrics', headers: PROTOBUF, body });
    };
    const startsOf = async (name: string) => {
      const window = {
        startUnixNano: fromUnixMs(nowMs - 60_000),
        endUnixNano: fromUnixMs(nowMs + 1),
      };
      const points = await readMetricPoints(receiver.store.db, { names: [name], window });
      return points.map(({ startUnixNano }) => startUnixNano);
    };
    await send(sumOf('b.sum', nowMs - 50_000, nowMs - 4000));
    expect(await startsOf('b.sum')).toEqual([fromUnixMs(nowMs - 50_000)]);
    await send(sumOf('b.sum', nowMs - 3000, nowMs - 2000));
    await send(sumOf('b.sum', nowMs - 3000, nowMs - 1000));
    const start = fromUnixMs(nowMs - 3000);
    expect(await startsOf('b.sum')).toEqual([undefined, start, start]);
    // Envoy 1.40 means microseconds.
    const inMicroseconds = sumOf('b.envoy', 0, nowMs - 1000);
    const [point] = inMicroseconds.sum.dataPoints;
    const startTimeUnixNano = BigInt(nowMs - 3000) * 1000n;
    const dataPoints = [{ ...point, startTimeUnixNano }];
    await send({ ...inMicroseconds, sum: { ...inMicroseconds.sum, dataPoints } });
    expect(await startsOf('b.envoy')).toEqual([start]);
    // Each delta has a start of its own, which says nothing of its process.
    await send(sumOf('b.delta', nowMs - 3000, nowMs - 2000, 1));
    expect(await startsOf('b.delta')).toEqual([undefined]);
  });
});

/** A span with one attribute whose value is a list in a list in a list … */
function nest(levels: number): Buffer {
  const wrap = (field: number, inner: Buffer): Buffer => {
    const head: number[] = [(field << 3) | 2];
    for (let rest = inner.length; ; rest >>= 7) {
      head.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest < 128) break;
    }
    return Buffer.concat([Buffer.from(head), inner]);
  };
  let value: Buffer = Buffer.from([0x0a, 0x00]);
  for (let level = 0; level < levels; level++) value = wrap(5, wrap(1, value));
  const ids = Buffer.concat([wrap(1, randomBytes(16)), wrap(2, randomBytes(8))]);
  const attribute = wrap(9, Buffer.concat([wrap(1, Buffer.from('k')), wrap(2, value)]));
  return wrap(1, wrap(2, wrap(2, Buffer.concat([ids, attribute]))));
}
