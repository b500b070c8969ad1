import { randomBytes } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { Client, credentials, status as Status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '#store/embedded/embedded-postgres.ts';
import { readTrace } from '#store/spans/read-trace.ts';
import { traceId } from '#telemetry/span.ts';
import { decodeStatus } from '#tests/support/otlp/otlp-messages.ts';
import { protobufOf, someSpans, tracesOf } from '#tests/support/otlp/some-spans.ts';
import { startStoredReceiver } from '#tests/support/otlp/stored-receiver.ts';
import { ask, call, callOn, PROTOBUF } from '#tests/support/otlp/test-receiver.ts';

describe('many requests', () => {
  it('lose nothing that was acknowledged when the receiver stops amid 50 connections', async () => {
    const own = await startStoredReceiver();
    const acknowledged: Buffer[] = [];
    const agent = new Agent({ keepAlive: true, maxSockets: 40 });
    const http = Array.from({ length: 40 }, async () => {
      for (;;) {
        const id = randomBytes(16);
        const status = await post(
          agent,
          own.http.port,
          protobufOf(tracesOf(someSpans(2, id))),
        ).catch(() => 0);
        if (status !== 200) return status;
        acknowledged.push(id);
      }
    });
    const grpc = Array.from({ length: 10 }, async () => {
      const client = new Client(`127.0.0.1:${own.grpc.port}`, credentials.createInsecure(), {
        'grpc.use_local_subchannel_pool': 1,
        'grpc.enable_retries': 0,
      });
      for (;;) {
        const id = randomBytes(16);
        const { code } = await callOn(client, 'traces', protobufOf(tracesOf(someSpans(2, id))));
        if (code !== Status.OK) return client.close();
        acknowledged.push(id);
      }
    });
    while (acknowledged.length < 300) await wait(10);
    await Promise.all([own.http.stop(), own.grpc.stop()]);
    const ends = await Promise.all(http);
    await Promise.all(grpc);
    agent.destroy();
    expect(ends.filter((status) => status !== 503 && status !== 0)).toEqual([]);
    for (const id of acknowledged) {
      const stored = await readTrace(own.store.db, traceId(id.toString('hex')));
      expect(stored).toHaveLength(2);
    }
    await own.stop();
  });

  it('fill the byte budget and no more while the database is slow, and none is lost', async () => {
    const budgetBytes = 1024 * 1024;
    const own = await startStoredReceiver({ budgetBytes });
    const bodies = Array.from({ length: 60 }, () =>
      protobufOf(tracesOf(someSpans(40, randomBytes(16)))),
    );
    const lock = await own.store.db.pool.connect();
    await lock.query('begin; lock table span_segment in access exclusive mode');
    const answers: number[] = [];
    const sent = bodies.map(async (body) => {
      const { status } = await ask(own.http.port, { headers: PROTOBUF, body });
      answers.push(status);
      return status === 503 ? await retryUntilStored(own.http.port, body) : status;
    });
    while (!answers.includes(503)) await wait(10);
    expect(own.budget.peakBytes).toBeLessThanOrEqual(budgetBytes);
    expect(own.counters.snapshot().lastRefusal?.reason).toBe('overloaded');
    await lock.query('rollback');
    lock.release();
    expect(new Set(await Promise.all(sent))).toEqual(new Set([200]));
    expect(await own.countSpans()).toBe(60 * 40);
    expect(own.budget.inFlightBytes).toBe(0);
    await own.stop();
  });

  it('are told to come again while the database is down, and are stored once afterwards', async () => {
    const own = await startStoredReceiver();
    const body = protobufOf(tracesOf(someSpans(5, randomBytes(16))));
    await own.store.postgres.stop();
    const http = await ask(own.http.port, { headers: PROTOBUF, body });
    expect([http.status, http.headers['retry-after']]).toEqual([503, '1']);
    const grpc = await call(own.grpc.port, 'traces', body);
    expect([grpc.code, grpc.status && decodeStatus(grpc.status).details?.length]).toEqual([
      Status.UNAVAILABLE,
      1,
    ]);
    expect(own.counters.snapshot().lastRefusal?.reason).toBe('store-unavailable');
    const again = retryUntilStored(own.http.port, body);
    const postgres = await startEmbeddedPostgres({ dataDir: own.store.dataDir });
    expect(await again).toBe(200);
    expect((await call(own.grpc.port, 'traces', body)).code).toBe(Status.OK);
    expect(await own.countSpans()).toBe(5);
    await own.http.stop();
    await own.stop();
    await postgres.stop();
  });
});

/** As exporters do: the same body, again and again while the answer is 503. */
async function retryUntilStored(port: number, body: Buffer): Promise<number> {
  for (;;) {
    const { status } = await ask(port, { headers: PROTOBUF, body });
    if (status !== 503) return status;
    await wait(100);
  }
}

function post(agent: Agent, port: number, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path: '/v1/traces', method: 'POST', agent, headers: PROTOBUF },
      (response) => {
        response
          .resume()
          .on('end', () => resolve(response.statusCode ?? 0))
          .on('error', reject);
      },
    );
    request.on('error', reject).end(body);
  });
}
