/** The lab's DNS server over real sockets, asked by Node's resolver (c-ares) and by hand. */
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import { type DecodedPacket, decode, encode, type Packet, streamEncode } from 'dns-packet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DnsServer } from '#lab/dns/dns-server.ts';
import { catalogueOf } from '#tests/support/test-control-plane.ts';

const HOST = '127.22.9.1';
const SONGS = ['127.22.13.1:15006', '127.22.13.2:15006'];

let server: DnsServer;
let port: number;
let resolver: Resolver;
let asked: string[];

function publish(services: Readonly<Record<string, readonly string[]>>): void {
  server.applyCatalogue(catalogueOf(services, 'http'));
}

function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'answered',
    (error: { code: string }) => error.code,
  );
}

function askUdp(packet: Packet | Buffer): Promise<DecodedPacket> {
  const socket = createSocket('udp4');
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer')), 1000);
    socket.on('message', (message) => {
      clearTimeout(timer);
      socket.close();
      resolve(decode(message));
    });
    socket.send(Buffer.isBuffer(packet) ? packet : encode(packet), port, HOST);
  });
}

function askTcp(packet: Packet): Promise<DecodedPacket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, HOST);
    let received = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 + received.readUInt16BE(0)) return;
      socket.destroy();
      resolve(decode(received.subarray(2)));
    });
    const whole = streamEncode(packet);
    // In two parts: a stream may cut a message anywhere.
    socket.write(whole.subarray(0, 5));
    setTimeout(() => socket.write(whole.subarray(5)), 20);
  });
}

function question(name: string, type: 'A' | 'AAAA' | 'SRV' | 'SOA' = 'A'): Packet {
  return { type: 'query', id: 7, flags: 0, questions: [{ type, name }] };
}

beforeEach(async () => {
  asked = [];
  server = new DnsServer({
    origin: 'lab',
    ttlSeconds: 5,
    onQuery: (name, code) => asked.push(`${name} ${code}`),
  });
  port = await server.listen(0, HOST);
  resolver = new Resolver({ timeout: 300, tries: 1 });
  resolver.setServers([`${HOST}:${port}`]);
  publish({ song: SONGS, image: [] });
});

afterEach(() => server.close());

describe('the lab’s DNS server', () => {
  it('answers addresses with their time to live, and turns their order', async () => {
    const first = await resolver.resolve4('song.lab', { ttl: true });
    const second = await resolver.resolve4('SONG.lab');
    expect(first.map(({ address, ttl }) => `${address} ${ttl}`).sort()).toEqual([
      '127.22.13.1 5',
      '127.22.13.2 5',
    ]);
    expect(second[0]).not.toBe(first[0]?.address);
    expect(asked.at(-1)).toBe('song.lab NOERROR');
  });

  it('answers ports in SRV records, whose targets resolve', async () => {
    const records = await resolver.resolveSrv('_http._tcp.song.lab');
    expect(records.map(({ name, port: at }) => `${name}:${at}`).sort()).toEqual([
      'song-1.lab:15006',
      'song-2.lab:15006',
    ]);
    expect(await resolver.resolve4('song-2.lab')).toEqual(['127.22.13.2']);
  });

  it('tells a name that is there without such a record from one that is not, each with its SOA', async () => {
    expect(await codeOf(resolver.resolve6('song.lab'))).toBe('ENODATA');
    expect(await codeOf(resolver.resolve4('image.lab'))).toBe('ENODATA');
    expect(await codeOf(resolver.resolve4('_tcp.song.lab'))).toBe('ENODATA');
    expect(await codeOf(resolver.resolve4('nobody.lab'))).toBe('ENOTFOUND');
    const nodata = await askUdp(question('song.lab', 'AAAA'));
    expect(nodata).toMatchObject({ rcode: 'NOERROR', flag_aa: true, answers: [] });
    expect(nodata.authorities?.[0]).toMatchObject({ type: 'SOA', name: 'lab' });
    const nxdomain = await askUdp(question('nobody.lab'));
    expect(nxdomain).toMatchObject({ rcode: 'NXDOMAIN' });
    expect(nxdomain.authorities?.[0]).toMatchObject({ type: 'SOA' });
  });

  it('refuses names that are not its own', async () => {
    expect(await codeOf(resolver.resolve4('example.com'))).toBe('EREFUSED');
  });

  it('truncates what does not fit over UDP, and tells the whole over TCP', async () => {
    const many = Array.from({ length: 60 }, (_, index) => `127.22.13.${index + 1}:15006`);
    publish({ song: many });
    const short = await askUdp(question('song.lab'));
    expect([short.flag_tc, short.answers?.length]).toEqual([true, 0]);
    const whole = await askTcp(question('song.lab'));
    expect([whole.flag_tc, whole.answers?.length]).toEqual([false, 60]);
    expect((await resolver.resolve4('song.lab')).length).toBe(60);
  });

  it('takes EDNS: a larger answer where the asker has room, an own OPT record, no version but 0', async () => {
    const many = Array.from({ length: 40 }, (_, index) => `127.22.13.${index + 1}:15006`);
    publish({ song: many });
    const opt = {
      type: 'OPT' as const,
      name: '.',
      udpPayloadSize: 4096,
      extendedRcode: 0,
      ednsVersion: 0,
      flags: 0,
      flag_do: false,
      options: [],
    };
    const roomy = await askUdp({ ...question('song.lab'), additionals: [opt] });
    expect([roomy.flag_tc, roomy.answers?.length]).toEqual([false, 40]);
    expect(roomy.additionals?.[0]).toMatchObject({ type: 'OPT', ednsVersion: 0 });
    const future = await askUdp({
      ...question('song.lab'),
      additionals: [{ ...opt, ednsVersion: 1 }],
    });
    expect(future.additionals?.[0]).toMatchObject({ type: 'OPT', extendedRcode: 1 });
  });

  it('answers what is malformed with FORMERR, other operations with NOTIMP, and never a response', async () => {
    const header = Buffer.from([0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 63, 1]);
    expect(await askUdp(header)).toMatchObject({ id: 9, rcode: 'FORMERR' });
    const update = { ...question('song.lab'), flags: 5 << 11 };
    expect(await askUdp(update)).toMatchObject({ rcode: 'NOTIMP' });
    await expect(askUdp({ ...question('song.lab'), type: 'response' })).rejects.toThrow(
      'no answer',
    );
  });

  it('fails on request, for all names or for some', async () => {
    server.setFaults([{ kind: 'servfail', names: ['song.lab'] }]);
    expect(await codeOf(resolver.resolve4('song.lab'))).toBe('ESERVFAIL');
    expect(await codeOf(resolver.resolve4('song-1.lab'))).toBe('answered');
    server.setFaults([{ kind: 'nxdomain', names: [] }]);
    expect(await codeOf(resolver.resolve4('song.lab'))).toBe('ENOTFOUND');
    server.setFaults([{ kind: 'empty', names: [] }]);
    expect(await codeOf(resolver.resolve4('song.lab'))).toBe('ENODATA');
    server.setFaults([{ kind: 'timeout', names: [] }]);
    expect(await codeOf(resolver.resolve4('song.lab'))).toBe('ETIMEOUT');
    expect(asked.at(-1)).toBe('song.lab DROPPED');
    server.setFaults([]);
    expect(await codeOf(resolver.resolve4('song.lab'))).toBe('answered');
  });

  it('serves a stale zone while instances move, and the latest when that ends', async () => {
    server.setFaults([{ kind: 'stale' }]);
    publish({ song: ['127.22.13.9:15006'] });
    expect((await resolver.resolve4('song.lab')).sort()).toEqual(['127.22.13.1', '127.22.13.2']);
    server.setFaults([]);
    expect(await resolver.resolve4('song.lab')).toEqual(['127.22.13.9']);
  });

  it('answers SERVFAIL and not "no such name" before the registry has spoken', async () => {
    const early = new DnsServer({ origin: 'lab', ttlSeconds: 5, onQuery: () => undefined });
    const earlyPort = await early.listen(0, HOST);
    const other = new Resolver({ timeout: 300, tries: 1 });
    other.setServers([`${HOST}:${earlyPort}`]);
    expect(await codeOf(other.resolve4('song.lab'))).toBe('ESERVFAIL');
    await early.close();
  });
});
