/** The relay between two real parties: what each fault looks like from both ends. */
import { createSocket } from 'node:dgram';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TcpRelay } from '#lab/relay/tcp-relay.ts';
import { UdpRelay } from '#lab/relay/udp-relay.ts';

const HOST = '127.22.9.2';
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let server: Server;
let serverSockets: Socket[];
let relay: TcpRelay;
let relayPort: number;
const clients: Client[] = [];

/** A client that notes what it receives, and how its connection ends. */
class Client {
  received = '';
  end: string | undefined;
  readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect(port, HOST);
    this.socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString();
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.end = error.code;
    });
    this.socket.on('close', () => {
      this.end ??= 'closed';
    });
    clients.push(this);
  }
}

beforeEach(async () => {
  serverSockets = [];
  server = createServer((socket) => {
    serverSockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => socket.write(chunk));
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  relay = new TcpRelay({ host: HOST, port });
  relayPort = await relay.listen({ host: HOST, port: 0 });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  await relay.close();
  for (const socket of serverSockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

async function talk(client: Client, text: string): Promise<void> {
  client.socket.write(text);
  await expect.poll(() => client.received).toContain(text);
}

describe('TCP through the relay', () => {
  it('passes in order, and ends when either end does', async () => {
    const client = new Client(relayPort);
    for (const word of ['one ', 'two ', 'three ']) client.socket.write(word);
    await expect.poll(() => client.received).toBe('one two three ');
    serverSockets[0]?.end();
    await expect.poll(() => client.end).toBe('closed');
    expect(relay.connections).toEqual([]);
  });

  it('holds everything in a blackhole without a word, and delivers it afterwards', async () => {
    const client = new Client(relayPort);
    await talk(client, 'before ');
    relay.setFaults([{ kind: 'blackhole', onlyPorts: [] }]);
    client.socket.write('during ');
    serverSockets[0]?.destroy();
    await sleep(150);
    expect([client.received, client.end]).toEqual(['before ', undefined]);
    const other = new Client(relayPort);
    other.socket.write('new ');
    await sleep(50);
    expect(other.received).toBe('');
    relay.setFaults([]);
    await expect.poll(() => other.received).toBe('new ');
    await expect.poll(() => client.end).toBeDefined();
  });

  it('cuts off only the connections that are named', async () => {
    const [cut, free] = [new Client(relayPort), new Client(relayPort)];
    await talk(cut, 'a');
    await talk(free, 'b');
    const clientPort = cut.socket.localPort;
    const named = relay.connections.find((connection) => connection.clientPort === clientPort);
    relay.setFaults([{ kind: 'blackhole', onlyPorts: [named?.serverSidePort ?? 0] }]);
    cut.socket.write('held');
    await talk(free, 'passes');
    expect(cut.received).toBe('a');
    relay.setFaults([]);
    await expect.poll(() => cut.received).toBe('aheld');
  });

  it('resets both ends', async () => {
    const client = new Client(relayPort);
    await talk(client, 'x');
    relay.reset();
    await expect.poll(() => client.end).toBe('ECONNRESET');
  });

  it('refuses new connections and leaves the old ones', async () => {
    const old = new Client(relayPort);
    await talk(old, 'x');
    relay.setFaults([{ kind: 'refuse' }]);
    const late = new Client(relayPort);
    await expect.poll(() => late.end).toBeDefined();
    await talk(old, 'y');
  });

  it('leaves a client with half a connection: the server is gone and nobody says so', async () => {
    const client = new Client(relayPort);
    await talk(client, 'x');
    relay.setFaults([{ kind: 'half-open', onlyPorts: [] }]);
    await expect.poll(() => serverSockets[0]?.destroyed).toBe(true);
    client.socket.write('anyone?');
    await sleep(100);
    expect([client.received, client.end]).toEqual(['x', undefined]);
  });

  it('adds latency to each direction, without slowing what follows', async () => {
    const client = new Client(relayPort);
    await talk(client, 'x');
    relay.setFaults([{ kind: 'latency', ms: 100 }]);
    const startedMs = performance.now();
    for (let index = 0; index < 5; index += 1) {
      client.socket.write('z');
      await sleep(10);
    }
    await expect.poll(() => client.received, { interval: 5 }).toBe('xzzzzz');
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeGreaterThan(195);
    expect(tookMs).toBeLessThan(1000);
  });

  it('limits the rate', async () => {
    const client = new Client(relayPort);
    await talk(client, 'x');
    relay.setFaults([{ kind: 'bandwidth', bytesPerSecond: 100_000 }]);
    const startedMs = performance.now();
    client.socket.write('y'.repeat(20_000));
    await expect.poll(() => client.received.length, { interval: 10 }).toBe(20_001);
    expect(performance.now() - startedMs).toBeGreaterThan(190);
  });
});

describe('UDP through the relay', () => {
  it('finds the way back to each asker, and loses datagrams in a blackhole', async () => {
    const echo = createSocket('udp4');
    echo.on('message', (message, peer) => echo.send(message, peer.port, peer.address));
    await new Promise<void>((resolve) => echo.bind(0, HOST, resolve));
    const udp = new UdpRelay({ host: HOST, port: echo.address().port });
    const port = await udp.listen({ host: HOST, port: 0 });
    const askers = ['a', 'b'].map((word) => ({ word, socket: createSocket('udp4'), heard: '' }));
    for (const asker of askers) {
      asker.socket.on('message', (message) => {
        asker.heard += message.toString();
      });
      asker.socket.send(asker.word, port, HOST);
    }
    await expect.poll(() => askers.map(({ heard }) => heard)).toEqual(['a', 'b']);
    udp.setFaults([{ kind: 'blackhole', onlyPorts: [] }]);
    askers[0]?.socket.send('lost', port, HOST);
    await sleep(100);
    udp.setFaults([{ kind: 'latency', ms: 50 }]);
    askers[0]?.socket.send('!', port, HOST);
    await expect.poll(() => askers[0]?.heard).toBe('a!');
    for (const { socket } of askers) socket.close();
    await udp.close();
    echo.close();
  });
});
