/** HTTP/2 through a sidecar's proxy: node:http2 on both sides, the real proxy between. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  createServer,
  type Http2Server,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, connect as connectSocket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UpstreamPools } from '#lab/sidecar/http1/upstream-pools.ts';
import { UpstreamSessions } from '#lab/sidecar/http2/upstream-sessions.ts';
import { createInboundProxy } from '#lab/sidecar/inbound-proxy.ts';
import type { ProxyPort } from '#lab/sidecar/proxy-port.ts';
import { listen } from '#lab/xds/http-server.ts';
import {
  BENCH_HOST,
  MESH_PORT,
  SONG_1,
  SONG_2,
  startCallerSidecar,
  until,
} from '#tests/support/sidecar-bench.ts';
import { catalogueOf, startTestControlPlane } from '#tests/support/test-control-plane.ts';

const HOST = '127.26.15.1';
const TIMEOUT_MS = 400;

let server: Http2Server;
let answer: (stream: ServerHttp2Stream) => void;
const sessions = new Set<ServerHttp2Session>();
const clients: ClientHttp2Session[] = [];

async function startServer(port: number, host: string): Promise<Http2Server> {
  const started = createServer();
  started.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  started.on('stream', (stream) => {
    stream.on('error', () => undefined);
    answer(stream);
  });
  await new Promise<void>((resolve) => started.listen(port, host, resolve));
  return started;
}

function open(origin: string): ClientHttp2Session {
  const session = connect(origin);
  session.on('error', () => undefined);
  clients.push(session);
  return session;
}

interface Told {
  readonly status: unknown;
  readonly text: string;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly resetCode: number;
}

/** Resolves when the stream is closed, however. */
function told(request: ClientHttp2Stream): Promise<Told> {
  return new Promise((resolve) => {
    let status: unknown;
    let text = '';
    let trailers: Told['trailers'] = {};
    request.on('error', () => undefined);
    request.on('response', (fields) => {
      status = fields[':status'];
    });
    request.on('trailers', (fields) => {
      trailers = fields;
    });
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('close', () => resolve({ status, text, trailers, resetCode: request.rstCode }));
  });
}

function stop(): Promise<void> {
  for (const client of clients.splice(0)) client.destroy();
  for (const session of sessions) session.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}

describe('an HTTP/2 stream through a proxy', () => {
  let proxy: ProxyPort;
  let pools: UpstreamPools;
  let upstreams: UpstreamSessions;
  let origin: string;

  beforeEach(async () => {
    server = await startServer(0, HOST);
    pools = new UpstreamPools();
    upstreams = new UpstreamSessions();
    const application = { address: HOST, port: (server.address() as AddressInfo).port };
    const parts = { service: 'song', application, pools, sessions: upstreams };
    proxy = createInboundProxy({ ...parts, timeoutMs: TIMEOUT_MS });
    await listen(proxy.socket, 0, HOST);
    origin = `http://${HOST}:${(proxy.socket.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    for (const client of clients) client.destroy();
    await proxy.drain();
    pools.close();
    upstreams.close();
    await stop();
  });

  const ask = (fields: OutgoingHttpHeaders = {}, options = {}) =>
    open(origin).request({ ':authority': 'song', ':path': '/', ...fields }, options);

  it('keeps its body and its trailers, both ways', async () => {
    let asked: unknown;
    answer = (stream) => {
      let size = 0;
      stream.on('trailers', (fields) => {
        asked = fields['x-asked'];
      });
      stream.on('data', (chunk: Buffer) => {
        size += chunk.length;
      });
      stream.on('end', () => {
        stream.respond({ ':status': 201 }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'x-size': String(size) }));
        stream.end('done');
      });
    };
    const request = ask({ ':method': 'POST' }, { waitForTrailers: true });
    request.on('wantTrailers', () => request.sendTrailers({ 'x-asked': 'yes' }));
    request.end(Buffer.alloc(3_000_000, 'x'));
    const { status, text, trailers } = await told(request);
    expect([status, text, trailers['x-size'], asked]).toEqual([201, 'done', '3000000', 'yes']);
  });

  it.each([
    ['in the middle of its answer', constants.NGHTTP2_INTERNAL_ERROR, true],
    ['before it looked at it', constants.NGHTTP2_REFUSED_STREAM, false],
  ])('that the server resets %s is reset for the caller', async (_when, code, hasBegun) => {
    answer = (stream) => {
      if (hasBegun) stream.respond({ ':status': 200 });
      // `close` would end the body before it resets.
      if (hasBegun) stream.write('half', () => stream.destroy(new Error('broken')));
      else stream.close(code);
    };
    expect(await told(ask())).toMatchObject({ resetCode: code });
  });

  it('that the caller resets is reset for the server', async () => {
    const closed = new Promise<number>((resolve) => {
      answer = (stream) => {
        stream.respond({ ':status': 200 });
        stream.write('half');
        stream.on('close', () => resolve(stream.rstCode ?? -1));
      };
    });
    const request = ask();
    request.on('data', () => request.close(constants.NGHTTP2_CANCEL));
    expect(await closed).toBe(constants.NGHTTP2_CANCEL);
  });

  it('that is not answered in time is told so, and the server is left alone', async () => {
    const closed = new Promise<number>((resolve) => {
      answer = (stream) => stream.on('close', () => resolve(stream.rstCode ?? -1));
    });
    const { status, text } = await told(ask());
    expect([status, JSON.parse(text)]).toEqual([
      504,
      expect.objectContaining({ error: 'deadline' }),
    ]);
    expect(await closed).toBe(constants.NGHTTP2_CANCEL);
  });

  it('is taken from the server no faster than its caller reads', async () => {
    const chunk = Buffer.alloc(256 * 1024, 'x');
    const total = 256;
    let written = 0;
    answer = (stream) => {
      stream.respond({ ':status': 200 });
      const more = () => {
        written += 1;
        if (written === total) stream.end(chunk);
        else stream.write(chunk, more);
      };
      more();
    };
    const request = ask();
    await new Promise((resolve) => request.once('response', resolve));
    // Until it stands still: nobody reads.
    let before = -1;
    await until(
      async () => {
        const isStill = before === written;
        before = written;
        await new Promise((resolve) => setTimeout(resolve, 100));
        return isStill;
      },
      (isStill) => isStill,
    );
    expect(written).toBeLessThan(20);
    let size = 0;
    request.on('data', (bytes: Buffer) => {
      size += bytes.length;
    });
    await new Promise((resolve) => request.once('close', resolve));
    expect(size).toBe(total * chunk.length);
  });

  it('waits for the leave to send its body, and opens no tunnel', async () => {
    answer = (stream) => {
      stream.additionalHeaders({ ':status': 100 });
      let size = 0;
      stream.on('data', (chunk: Buffer) => {
        size += chunk.length;
      });
      stream.on('end', () => {
        stream.respond({ ':status': 200 });
        stream.end(`${size}`);
      });
    };
    const request = ask({ ':method': 'POST', expect: '100-continue' });
    request.on('continue', () => request.end('body'));
    expect(await told(request)).toMatchObject({ status: 200, text: '4' });
    const tunnel = open(origin).request({ ':method': 'CONNECT', ':authority': 'song:80' });
    tunnel.end();
    expect(await told(tunnel)).toMatchObject({ status: 501 });
  });

  it('is served when its connection begins in pieces', async () => {
    answer = (stream) => {
      stream.respond({ ':status': 204 }, { endStream: true });
    };
    const port = Number(new URL(origin).port);
    const socket = connectSocket(port, HOST);
    // The preface, empty SETTINGS, and HEADERS of GET / (RFC 7541: 82 86 84, then :authority "song").
    const bytes = Buffer.concat([
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      Buffer.from('000000040000000000', 'hex'),
      Buffer.from('000009010500000001828684', 'hex'),
      Buffer.from('4104736f6e67', 'hex'),
    ]);
    const answered = new Promise<void>((resolve) => {
      let got = Buffer.alloc(0);
      socket.on('data', (chunk) => {
        got = Buffer.concat([got, chunk]);
        // :status 204 is entry 9 of the static table.
        if (got.includes(0x89)) resolve();
      });
    });
    for (let at = 0; at < bytes.length; at += 5) {
      socket.write(bytes.subarray(at, at + 5));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await answered;
    socket.destroy();
  });

  it('under way when the proxy stops is answered, and no other is taken', async () => {
    let reply: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      answer = (stream) => {
        reply = () => {
          stream.respond({ ':status': 200 });
          stream.end('late');
        };
        resolve();
      };
    });
    const request = ask();
    const heard = told(request);
    await asked;
    const isGone = new Promise((resolve) => request.session?.once('goaway', resolve));
    const drained = proxy.drain();
    await isGone;
    reply();
    expect(await heard).toMatchObject({ status: 200, text: 'late' });
    await drained;
  });
});

describe('HTTP/2 streams through an outbound proxy', () => {
  let mesh: Awaited<ReturnType<typeof startTestControlPlane>>;
  let sidecar: Awaited<ReturnType<typeof startCallerSidecar>>;

  beforeEach(async () => {
    answer = (stream) => {
      stream.respond({ ':status': 200 });
      stream.end('ok');
    };
    server = await startServer(MESH_PORT, SONG_2);
    mesh = await startTestControlPlane({ host: BENCH_HOST });
    sidecar = await startCallerSidecar(mesh.address, '127.0.0.1:53');
  });
  afterEach(async () => {
    for (const client of clients) client.destroy();
    await sidecar.stop();
    mesh.stop();
    await stop();
  });

  function route(...addresses: readonly string[]): void {
    const song = addresses.map((address) => `${address}:${MESH_PORT}`);
    mesh.controlPlane.applyCatalogue(catalogueOf({ song }, 'http'));
  }

  const get = (session: ClientHttp2Session, authority = 'song') =>
    told(session.request({ ':authority': authority, ':path': '/' }));

  it('go elsewhere when an instance cannot be reached', async () => {
    route(SONG_1, SONG_2);
    const session = open('http://127.26.10.1:15001');
    for (let n = 0; n < 20; n++) expect(await get(session)).toMatchObject({ status: 200 });
  });

  it('survive that the server closes its connections again and again', async () => {
    route(SONG_2);
    const session = open('http://127.26.10.1:15001');
    expect(await get(session)).toMatchObject({ status: 200 });
    const all: Promise<Told>[] = [];
    for (let round = 0; round < 40; round++) {
      for (let n = 0; n < 10; n++) all.push(get(session));
      await new Promise((resolve) => setTimeout(resolve, 5));
      for (const upstream of sessions) upstream.close();
    }
    const failed = (await Promise.all(all)).filter(
      // Refused is unseen, and the caller's to repeat (RFC 9113 §8.7).
      ({ status, resetCode }) => status !== 200 && resetCode !== constants.NGHTTP2_REFUSED_STREAM,
    );
    expect(failed).toEqual([]);
  });

  it('are told what is wrong with their authority', async () => {
    const session = open('http://127.26.10.1:15001');
    const { status, text } = await get(session, 'no_such_name');
    expect([status, JSON.parse(text)]).toEqual([
      400,
      expect.objectContaining({ error: 'bad_authority' }),
    ]);
  });
});
