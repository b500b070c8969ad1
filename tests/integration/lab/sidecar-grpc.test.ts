/** gRPC through two sidecars: a real client and server, the caller's outbound and the callee's inbound proxy between. */
import { status } from '@grpc/grpc-js';
import { node, tracing } from '@opentelemetry/sdk-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RpcAnswer, SONG, SongClient, startSongService } from '#tests/support/grpc-bench.ts';
import {
  BENCH_HOST,
  MESH_PORT,
  SONG_1,
  startCallerSidecar,
  startDns,
  until,
} from '#tests/support/sidecar-bench.ts';
import {
  catalogueOf,
  startTestControlPlane,
  type TestControlPlane,
} from '#tests/support/test-control-plane.ts';

const OUTBOUND = '127.26.10.1:15001';
const APPLICATION = `${SONG_1}:8080`;
const exporter = new tracing.InMemorySpanExporter();
const provider = new node.NodeTracerProvider({
  spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
});

let mesh: TestControlPlane;
let dns: Awaited<ReturnType<typeof startDns>>;
let caller: Awaited<ReturnType<typeof startCallerSidecar>>;
let callee: Awaited<ReturnType<typeof startCallerSidecar>>;
let application: Awaited<ReturnType<typeof startSongService>>;
let client: SongClient;

beforeAll(() => provider.register());
afterAll(() => provider.shutdown());
beforeEach(async () => {
  exporter.reset();
  dns = await startDns(SONG_1);
  mesh = await startTestControlPlane({ host: BENCH_HOST });
  mesh.controlPlane.applyCatalogue(catalogueOf({ song: [`${SONG_1}:${MESH_PORT}`] }, 'http'));
  application = await startSongService(APPLICATION);
  callee = await startCallerSidecar(mesh.address, dns.address, {
    service: 'song',
    instance: 'song-1',
    address: SONG_1,
  });
  caller = await startCallerSidecar(mesh.address, dns.address);
  client = new SongClient(OUTBOUND);
});
afterEach(async () => {
  client.close();
  application.kill();
  await caller.stop();
  await callee.stop();
  mesh.stop();
  await dns.stop();
});

function clientSpans() {
  return exporter.getFinishedSpans().filter((span) => 'service.peer.name' in span.attributes);
}

function spansWith(key: string, value: unknown) {
  return exporter.getFinishedSpans().filter(({ attributes }) => attributes[key] === value);
}

describe('a gRPC call through two sidecars', () => {
  it('is seen on both hops, with what routed it', async () => {
    expect(await client.unary(SONG.Echo, { text: 'größer 🎵' })).toMatchObject({
      code: status.OK,
      value: { text: 'größer 🎵' },
    });
    await until(
      async () => exporter.getFinishedSpans(),
      (spans) => spans.length >= 3,
    );
    const [out] = clientSpans();
    expect(out).toMatchObject({ name: 'lab.Song/Echo', status: { code: 0 } });
    expect(out?.attributes).toMatchObject({
      'rpc.system': 'grpc',
      'rpc.service': 'lab.Song',
      'rpc.method': 'Echo',
      'rpc.grpc.status_code': status.OK,
      'http.response.status_code': 200,
      'service.peer.name': 'song',
      'network.peer.address': SONG_1,
      'mesh.routing.mode': 'xds',
      'mesh.routing.source': 'stream',
    });
    const inbound = exporter
      .getFinishedSpans()
      .find((span) => span.parentSpanContext?.spanId === out?.spanContext().spanId);
    expect(inbound).toMatchObject({ name: 'lab.Song/Echo', kind: 1 });
    expect(inbound?.spanContext().traceId).toBe(out?.spanContext().traceId);
    expect(inbound?.attributes).toMatchObject({ 'rpc.grpc.status_code': status.OK });
  });

  it('carries a message of many megabytes, both ways', async () => {
    const text = 'x'.repeat(8_000_000);
    const { value } = await client.unary(SONG.Echo, { text });
    expect(value?.text?.length).toBe(text.length);
  });

  it('carries many answers, in their order', async () => {
    const got: unknown[] = [];
    for await (const message of client.count({ count: 5000 })) got.push(message.count);
    expect(got).toEqual(Array.from({ length: 5000 }, (_, n) => n));
  });

  it('carries many requests', async () => {
    const texts = Array.from({ length: 2000 }, (_, n) => `${n} `);
    const answer = await client.join(texts);
    expect(answer).toMatchObject({ code: status.OK, value: { text: texts.join('') } });
  });

  it('carries both at once: an answer comes while the next request is not yet made', async () => {
    const chat = client.chat();
    const answers = chat[Symbol.asyncIterator]();
    for (const text of ['a', 'b', 'c']) {
      chat.write({ text });
      expect((await answers.next()).value).toEqual({ text: `re: ${text}` });
    }
    chat.end();
    expect((await answers.next()).done).toBe(true);
  });

  it('fails by the status in its trailers, though HTTP says 200', async () => {
    const answer = await client.unary(SONG.Fail, {});
    expect(answer).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: 'größer',
      proxyError: undefined,
    });
    await until(
      async () => clientSpans(),
      (spans) => spans.length > 0,
    );
    expect(clientSpans()[0]?.attributes).toMatchObject({
      'rpc.grpc.status_code': status.FAILED_PRECONDITION,
      'http.response.status_code': 200,
      'error.type': 'FAILED_PRECONDITION',
    });
  });
});

describe('the end of a gRPC call', () => {
  it('by its caller reaches the server, and is no fault of it', async () => {
    const stream = client.count({});
    stream.on('error', () => undefined);
    await new Promise((resolve) => stream.once('data', resolve));
    stream.cancel();
    await until(
      async () => application.cancelled,
      (names) => names.includes('Count'),
    );
    await until(
      async () => spansWith('error.type', 'cancelled'),
      (spans) => spans.length === 3,
    );
  });

  it('by the deadline of its caller is told as such on every hop', async () => {
    const answer = await client.unary(SONG.Hang, {}, 2000);
    expect(answer.code).toBe(status.DEADLINE_EXCEEDED);
    await until(
      async () => application.cancelled,
      (names) => names.includes('Hang'),
    );
    await until(
      async () => clientSpans(),
      (spans) => spans.length > 0,
    );
    expect(['deadline', 'DEADLINE_EXCEEDED']).toContain(clientSpans()[0]?.attributes['error.type']);
  });

  it('by the death of the server in the middle is no whole answer', async () => {
    const stream = client.count({});
    const failed = new Promise<number>((resolve) => {
      stream.on('error', (error: Error & { readonly code?: number }) => resolve(error.code ?? -1));
    });
    await new Promise((resolve) => stream.once('data', resolve));
    application.kill();
    expect(await failed).not.toBe(status.OK);
    await until(
      async () => clientSpans(),
      (spans) => spans.length > 0,
    );
    expect(clientSpans()[0]).toMatchObject({ status: { code: 2 } });
  });

  it('that reached nobody is told in gRPC, with the proxy’s word for it', async () => {
    application.kill();
    await callee.stop();
    const answer = await client.unary(SONG.Echo, {});
    expect(answer).toMatchObject({ code: status.UNAVAILABLE, proxyError: 'connect_refused' });
    callee = await startCallerSidecar(mesh.address, dns.address, {
      service: 'song',
      instance: 'song-1',
      address: SONG_1,
    });
  });
});

it('a switch of mode under load loses no call, and calls under way go on', async () => {
  expect((await client.unary(SONG.Echo, {})).code).toBe(status.OK);
  const chat = client.chat();
  const answers = chat[Symbol.asyncIterator]();
  const calls: Promise<RpcAnswer>[] = [];
  const timer = setInterval(() => {
    for (let n = 0; n < 2; n++) calls.push(client.unary(SONG.Echo, { count: calls.length }));
  }, 4);
  for (let round = 1; round <= 6; round++) {
    await until(
      async () => calls.length,
      (sent) => sent > round * 100,
    );
    await caller.switchTo(round % 2 === 1 ? 'dns' : 'xds');
    chat.write({ text: `${round}` });
    expect((await answers.next()).value).toEqual({ text: `re: ${round}` });
  }
  clearInterval(timer);
  const codes = new Set((await Promise.all(calls)).map(({ code }) => code));
  expect(codes).toEqual(new Set([status.OK]));
  chat.end();
  expect((await answers.next()).done).toBe(true);
  const modes = new Set(clientSpans().map((span) => span.attributes['mesh.routing.mode']));
  expect(modes).toEqual(new Set(['xds', 'dns']));
});
