/** HTTP/1.1 through a sidecar's proxy, byte by byte over real sockets. The backend is a raw socket too. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UpstreamPools } from '#lab/sidecar/http1/upstream-pools.ts';
import { UpstreamSessions } from '#lab/sidecar/http2/upstream-sessions.ts';
import { createInboundProxy } from '#lab/sidecar/inbound-proxy.ts';
import type { ProxyPort } from '#lab/sidecar/proxy-port.ts';
import { listen } from '#lab/xds/http-server.ts';
import { until } from '#tests/support/sidecar-bench.ts';

const HOST = '127.26.14.1';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let backend: Server;
let proxy: ProxyPort;
let sessions: UpstreamSessions;
let pools: UpstreamPools;
/** What the backend was sent, on all connections, and how it answers when data comes. */
let received = '';
let connections: Socket[] = [];
let reply: (socket: Socket) => void;
const clients: RawClient[] = [];

/** Sends what it is told and keeps what comes. */
class RawClient {
  readonly socket: Socket;
  text = '';
  isClosed = false;

  constructor(port: number) {
    this.socket = connect({ host: HOST, port, allowHalfOpen: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.text += text;
    });
    this.socket.on('error', () => undefined);
    this.socket.on('end', () => {
      this.isClosed = true;
    });
    this.socket.on('close', () => {
      this.isClosed = true;
    });
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** All that came, once `isEnough` of it did. */
  async read(isEnough: (text: string) => boolean): Promise<string> {
    await until(
      async () => this.text,
      (text) => isEnough(text),
    );
    return this.text;
  }

  async closed(): Promise<string> {
    await until(
      async () => this.isClosed,
      (isClosed) => isClosed,
    );
    return this.text;
  }
}

function open(): RawClient {
  const client = new RawClient((proxy.socket.address() as AddressInfo).port);
  clients.push(client);
  return client;
}

const answers = (count: number) => (text: string) => text.split('HTTP/1.1 ').length > count;
const get = (path: string, ...lines: readonly string[]) =>
  `${[`GET ${path} HTTP/1.1`, 'Host: song', ...lines].join('\r\n')}\r\n\r\n`;
const post = (body: string, ...lines: readonly string[]) =>
  `${['POST /p HTTP/1.1', 'Host: song', ...lines].join('\r\n')}\r\n\r\n${body}`;

beforeEach(async () => {
  received = '';
  connections = [];
  reply = (socket) => void socket.write(OK);
  backend = createServer((socket) => {
    connections.push(socket);
    socket.setEncoding('latin1');
    socket.on('error', () => undefined);
    socket.on('data', (text: string) => {
      received += text;
      reply(socket);
    });
  });
  await listen(backend, 0, HOST);
  pools = new UpstreamPools();
  const application = { address: HOST, port: (backend.address() as AddressInfo).port };
  sessions = new UpstreamSessions();
  const parts = { service: 'song', application, pools, sessions, timeoutMs: 20_000 };
  proxy = createInboundProxy(parts);
  await listen(proxy.socket, 0, HOST);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await proxy.drain();
  pools.close();
  sessions.close();
  for (const socket of connections) socket.destroy();
  await new Promise((resolve) => backend.close(resolve));
});

describe('requests on one connection', () => {
  it('are each answered, over one kept connection to the application', async () => {
    const client = open();
    client.send(get('/1'));
    await client.read(answers(1));
    client.send(get('/2'));
    await client.read(answers(2));
    expect(connections).toHaveLength(1);
    expect(received).toMatch(/^GET \/1 HTTP\/1\.1\r\nhost: song\r\n[\s\S]*GET \/2 /);
  });

  it('sent together are answered in their order', async () => {
    reply = (socket) => {
      const path =
        /GET (\S+) [\s\S]*$/.exec(received.slice(received.lastIndexOf('GET')))?.[1] ?? '';
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
    };
    const client = open();
    client.send(get('/s1') + get('/s2') + get('/s3'));
    expect((await client.read(answers(3))).match(/s\d/g)).toEqual(['s1', 's2', 's3']);
  });

  it('arrive in single bytes as well', async () => {
    const client = open();
    for (const byte of `\r\n${post('abcde', 'Content-Length: 5')}`) client.send(byte);
    await client.read(answers(1));
    expect(received).toMatch(/content-length: 5\r\n\r\nabcde$/);
  });

  it('end with the one that says so', async () => {
    const client = open();
    client.send(get('/1', 'Connection: close') + get('/2'));
    expect(await client.closed()).toMatch(
      /^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close\r\n\r\nok$/,
    );
    expect(received).not.toContain('/2');
  });

  it('are answered though the caller closed its side', async () => {
    const client = open();
    client.send(get('/1'));
    client.socket.end();
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*ok$/);
  });

  it('that are under way are answered when the proxy stops, and no others', async () => {
    let answer: () => void = () => undefined;
    reply = (socket) => {
      answer = () => void socket.write(OK);
    };
    const idle = open();
    const busy = open();
    busy.send(get('/1'));
    await until(
      async () => received,
      (text) => text.includes('/1'),
    );
    const drained = proxy.drain();
    await idle.closed();
    answer();
    expect(await busy.closed()).toMatch(/connection: close\r\n\r\nok$/);
    await drained;
  });
});

describe('what is for one connection only', () => {
  it('stays there, with all that Connection names, and the trace goes on', async () => {
    const client = open();
    client.send(
      get('/', 'Connection: keep-alive, X-Mine', 'X-Mine: 1', 'Keep-Alive: 5', 'TE: trailers') +
        get('/next', 'Upgrade: websocket', 'Connection: upgrade, content-length', 'X-Other: 2'),
    );
    await client.read(answers(2));
    expect(received).not.toMatch(/x-mine|keep-alive|te:|upgrade|connection/i);
    expect(received).toContain('X-Other: 2');
  });
});

describe('a request that two readers could take for two different ones', () => {
  it.each([
    [
      'a length and chunks',
      post('0\r\n\r\n', 'Content-Length: 5', 'Transfer-Encoding: chunked'),
      400,
    ],
    ['two lengths', post('abcde', 'Content-Length: 5', 'Content-Length: 4'), 400],
    ['a coding that is not understood', post('', 'Transfer-Encoding: xchunked'), 501],
    ['a folded field', get('/', 'X: 1', ' Content-Length: 5'), 400],
    ['a bare LF', 'GET / HTTP/1.1\nHost: song\r\n\r\n', 400],
    ['a space before the colon', get('/', 'Transfer-Encoding : chunked'), 400],
    ['two hosts', get('/', 'Host: artist'), 400],
    ['a head without end', get('/', `X: ${'x'.repeat(20_000)}`), 431],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\nHost: song\r\n\r\n', 426],
  ])('is refused, and the connection closed: %s', async (_what, text, status) => {
    const client = open();
    client.send(text + get('/smuggled'));
    expect(await client.closed()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(client.text.split('HTTP/1.1 ')).toHaveLength(2);
    expect(received).toBe('');
  });

  it('is refused when its chunks are malformed', async () => {
    reply = () => undefined;
    const client = open();
    client.send(post('5\r\nabcdeXX', 'Transfer-Encoding: chunked'));
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('bodies', () => {
  it('in chunks pass through as they are, with their trailers, both ways', async () => {
    const chunks = '3\r\nabc\r\n0\r\nChecksum: 7\r\n\r\n';
    reply = (socket) => {
      if (received.endsWith(chunks)) {
        socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`);
      }
    };
    const client = open();
    client.send(post(chunks, 'Transfer-Encoding: chunked'));
    expect(await client.read((text) => text.endsWith(chunks))).toContain(
      'transfer-encoding: chunked\r\n\r\n',
    );
  });

  it('that end with the connection end in chunks for the caller, who keeps his', async () => {
    reply = (socket) => void socket.end('HTTP/1.1 200 OK\r\n\r\nall of it');
    const client = open();
    client.send(get('/1'));
    expect(await client.read((text) => text.endsWith('0\r\n\r\n'))).toMatch(/9\r\nall of it\r\n0/);
    client.send(get('/2'));
    await client.read(answers(2));
  });

  it('are not awaited where there are none: HEAD, 204, 304', async () => {
    const heads = [
      'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n',
      'HTTP/1.1 204 No Content\r\n\r\n',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n',
    ];
    reply = (socket) => void socket.write(heads.shift() ?? OK);
    const client = open();
    client.send(get('/').replace('GET', 'HEAD') + get('/204') + get('/304') + get('/last'));
    const text = await client.read(answers(4));
    expect(text.match(/HTTP\/1\.1 \d+/g)?.map((line) => line.slice(9))).toEqual([
      '200',
      '204',
      '304',
      '200',
    ]);
  });

  it('larger than any buffer arrive whole, while the slower side sets the pace', async () => {
    const size = 20_000_000;
    let taken = 0;
    backend.removeAllListeners('connection');
    backend.on('connection', (socket) => {
      connections.push(socket);
      socket.once('data', (first: Buffer) => {
        taken = first.length - first.indexOf('\r\n\r\n') - 4;
        socket.pause();
        setTimeout(() => socket.resume(), 50);
        socket.on('data', (chunk: Buffer) => {
          taken += chunk.length;
          if (taken === size) {
            socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
            socket.write(Buffer.alloc(size, 'y'));
          }
        });
      });
    });
    const client = open();
    client.send(post('', `Content-Length: ${size}`));
    client.socket.write(Buffer.alloc(size, 'x'));
    await until(
      async () => taken,
      (bytes) => bytes === size,
    );
    client.socket.pause();
    await until(
      async () => connections[0]?.writableLength ?? 0,
      (waiting) => waiting > 0,
    );
    client.socket.resume();
    const text = await client.read((all) => all.length > size);
    expect(text.length - text.indexOf('\r\n\r\n') - 4).toBe(size);
  });

  it('are asked for with 100 Continue when the caller waits for it', async () => {
    const client = open();
    client.send(post('', 'Content-Length: 3', 'Expect: 100-continue'));
    await client.read((text) => text.startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
    client.send('abc');
    await client.read((text) => text.includes('200 OK'));
    expect(received).toMatch(/\r\n\r\nabc$/);
    expect(received).not.toMatch(/expect/i);
  });
});

describe('an application', () => {
  it('may say 103 first, which is for the proxy', async () => {
    reply = (socket) => void socket.write(`HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}`);
    const client = open();
    client.send(get('/'));
    expect(await client.read(answers(1))).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('that breaks off gives no answer that could be taken for whole', async () => {
    reply = (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
    const client = open();
    client.send(get('/'));
    expect(await client.closed()).toMatch(/half$/);
  });

  it.each([
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n',
    'no\r\n\r\n',
  ])('that answers %j is not passed on', async (text) => {
    reply = (socket) => void socket.write(text);
    const client = open();
    client.send(get('/'));
    expect(await client.read(answers(1))).toMatch(/^HTTP\/1\.1 503 [\s\S]*connect_refused/);
  });

  it('that says more than it was asked does not get the next request on that connection', async () => {
    reply = (socket) => void socket.write(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
    const client = open();
    client.send(get('/1'));
    await client.read(answers(1));
    reply = (socket) => void socket.write(OK);
    client.send(get('/2'));
    expect(await client.read(answers(2))).not.toContain('evil');
    expect(connections).toHaveLength(2);
  });

  it('sees that the caller went away', async () => {
    reply = () => undefined;
    const client = open();
    client.send(get('/'));
    await until(
      async () => connections.length,
      (count) => count === 1,
    );
    const gone = new Promise((resolve) => connections[0]?.once('close', resolve));
    client.socket.resetAndDestroy();
    await gone;
  });
});
