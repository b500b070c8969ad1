/**
 * npm run fuzz:grpc [-- --calls 100000 --seed 1]
 *
 * Breaks OTLP/gRPC calls in every way that a client can break them (heads, message framing, compression, resets, silence,
 * bytes that are no HTTP/2) and sends them to a receiver: each is answered in gRPC's words or cut, soon, and nothing of it
 * stays behind.
 */
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { parseArgs } from 'node:util';
import { deflateSync, gzipSync } from 'node:zlib';
import { exportTraces } from '#ingest/export-traces.ts';
import { SIGNAL_NAMES } from '#ingest/otlp-signal.ts';
import { encodeRequest } from '#tests/support/otlp/otlp-messages.ts';
import { randomTraces, toProtoObject } from '#tests/support/otlp/random-otlp.ts';
import { call, startTestReceiver } from '#tests/support/otlp/test-receiver.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

const MIB = 1024 * 1024;
const AT_ONCE = 32;
/** So much a call may be silent; and far more than any may take, even beside other work on the machine. */
const REQUEST_TIMEOUT_MS = 300;
const SLOW_MS = 10_000;
const MAX_GROWTH_MIB = 48;
const RAW_EVERY = 200;
/** Sessions are left before their counters of broken frames fill. */
const CALLS_PER_SESSION = 400;

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
});
const calls = Number(values.calls);
const roll = seededRandom(Number(values.seed));
const whole = (below: number): number => Math.floor(roll() * below);
const pick = <T>(list: readonly T[]): T => list[whole(list.length)] as T;
const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => whole(256)));

const bodies = Array.from({ length: 100 }, () =>
  encodeRequest('traces', toProtoObject(randomTraces(roll)) as object),
);
const receiver = await startTestReceiver({
  exportTraces: exportTraces(async () => true),
  requestTimeoutMs: REQUEST_TIMEOUT_MS,
});
const tally = new Map<string, number>();
let slowestMs = 0;
let earlyHeapMib = 0;
let session: ClientHttp2Session | undefined;
let sessionCalls = 0;

const startedMs = performance.now();
for (let done = 0; done < calls; done += AT_ONCE) {
  await Promise.all(Array.from({ length: AT_ONCE }, () => breakCall()));
  if (done % (RAW_EVERY * AT_ONCE) === 0) await breakConnection();
  if (earlyHeapMib === 0 && done >= calls / 10) earlyHeapMib = heapMib();
}
session?.close();
const seconds = (performance.now() - startedMs) / 1000;

const [good = Buffer.alloc(0)] = bodies;
const last = await call(receiver.grpc.port, 'traces', good);
await settled();
const growthMib = heapMib() - earlyHeapMib;
console.log(
  `${calls} calls in ${seconds.toFixed(0)} s, slowest ${slowestMs.toFixed(0)} ms, heap ${growthMib >= 0 ? '+' : ''}${growthMib.toFixed(1)} MiB, in flight ${receiver.budget.inFlightBytes} B`,
);
console.log(
  [...tally]
    .sort()
    .map(([what, n]) => `${what}: ${n}`)
    .join(', '),
);
const isFine =
  last.code === 0 &&
  receiver.budget.inFlightBytes === 0 &&
  growthMib < MAX_GROWTH_MIB &&
  slowestMs < SLOW_MS &&
  (tally.get('no answer') ?? 0) === 0;
console.log(isFine ? 'ok' : 'FAILED');
process.exit(isFine ? 0 : 1);

/** One call: mostly right, with one to three things wrong. */
async function breakCall(): Promise<void> {
  const stream = openSession().request(headers());
  const begunMs = performance.now();
  const isLeft = roll() < 0.01;
  const mayReset = roll() < 0.05;
  const ended = new Promise<string>((resolve) => {
    let answer = '';
    const read = (fields: Readonly<Record<string, unknown>>): void => {
      answer ||= String(fields['grpc-status'] ?? '');
    };
    stream.on('response', (fields) => {
      read(fields);
      if (fields[':status'] !== 200) answer = `HTTP ${fields[':status']}`;
    });
    stream.on('trailers', read);
    stream.on('error', () => undefined);
    stream.on('close', () => resolve(answer));
  });
  stream.resume();
  for (const part of parts(message())) stream.write(part, () => undefined);
  if (mayReset) stream.close(constants.NGHTTP2_CANCEL);
  else if (!isLeft) stream.end();
  const slow = setTimeout(() => stream.destroy(), SLOW_MS);
  const answer = await ended;
  clearTimeout(slow);
  slowestMs = Math.max(slowestMs, performance.now() - begunMs);
  const wasBroken = stream.rstCode !== constants.NGHTTP2_NO_ERROR;
  const word = answer === '' ? (mayReset || wasBroken ? 'reset' : 'no answer') : answer;
  tally.set(word, (tally.get(word) ?? 0) + 1);
}

/** Another one from time to time, and when the receiver has had enough of the last. */
function openSession(): ClientHttp2Session {
  if (session !== undefined && ++sessionCalls < CALLS_PER_SESSION) return session;
  session?.close();
  sessionCalls = 0;
  const opened = connectHttp2(`http://127.0.0.1:${receiver.grpc.port}`);
  const leave = (): void => {
    if (session === opened) session = undefined;
  };
  opened.on('error', leave).on('goaway', leave).on('close', leave);
  session = opened;
  return opened;
}

function headers(): Record<string, string> {
  const fields: Record<string, string> = {
    ':method': 'POST',
    ':path': SIGNAL_NAMES.traces.method,
    'content-type': 'application/grpc',
    te: 'trailers',
  };
  const wrong: readonly (() => void)[] = [
    () => Object.assign(fields, { ':path': pick(['/', '/x/y', `${fields[':path']}x`, '/%00']) }),
    () => Object.assign(fields, { ':method': pick(['GET', 'PUT', 'OPTIONS']) }),
    () =>
      Object.assign(fields, { 'content-type': pick(['', 'text/html', 'application/grpc+json']) }),
    () =>
      Object.assign(fields, { 'grpc-encoding': pick(['gzip', 'deflate', 'identity', 'br', '']) }),
    () =>
      Object.assign(fields, { 'grpc-timeout': pick(['1n', '5m', '0S', '99999999H', '1x', '']) }),
    () => Object.assign(fields, { [`x-${whole(1000)}`]: 'y'.repeat(whole(4000)) }),
  ];
  if (roll() < 0.3) pick(wrong)();
  if (roll() < 0.3) fields['grpc-encoding'] = pick(['gzip', 'deflate']);
  return fields;
}

/** Length-Prefixed-Messages of gRPC's PROTOCOL-HTTP2.md, or nearly. */
function message(): Buffer {
  let body: Buffer = Buffer.from(pick(bodies));
  let flag = 0;
  if (roll() < 0.4) {
    body = pick([gzipSync, deflateSync])(body);
    flag = 1;
  }
  if (roll() < 0.3) body[whole(body.length)] = whole(256);
  if (roll() < 0.1) flag = whole(256);
  const framed = Buffer.alloc(5 + body.length);
  framed[0] = flag;
  framed.writeUInt32BE(
    roll() < 0.1 ? pick([0, 1, 0xffffffff, 5 * MIB, whole(5000)]) : body.length,
    1,
  );
  body.copy(framed, 5);
  const roughly = roll();
  if (roughly < 0.05) return framed.subarray(0, whole(framed.length));
  if (roughly < 0.1) return Buffer.concat([framed, noise(whole(50))]);
  if (roughly < 0.12) return Buffer.concat([framed, framed]);
  if (roughly < 0.14) return noise(whole(300));
  return framed;
}

function parts(bytes: Buffer): readonly Buffer[] {
  const cut = whole(bytes.length + 1);
  return roll() < 0.5 ? [bytes] : [bytes.subarray(0, cut), bytes.subarray(cut)];
}

/** What is no HTTP/2, or soon is none any more. */
async function breakConnection(): Promise<void> {
  const socket = connectTcp(receiver.grpc.port, '127.0.0.1');
  socket.on('error', () => undefined);
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
  socket.resume();
  socket.write(pick([preface, Buffer.from('GET / HTTP/1.1\r\n\r\n'), noise(30)]));
  if (roll() < 0.7) socket.write(settings);
  socket.end(noise(whole(500)));
  const cut = setTimeout(() => socket.destroy(), REQUEST_TIMEOUT_MS);
  if (!socket.destroyed) await once(socket, 'close');
  clearTimeout(cut);
}

async function settled(): Promise<void> {
  const untilMs = performance.now() + SLOW_MS;
  while (receiver.budget.inFlightBytes > 0 && performance.now() < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function heapMib(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / MIB;
}
