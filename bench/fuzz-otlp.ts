import { parseArgs } from 'node:util';
import { BadDataError } from '#ingest/export-outcome.ts';
import { transcodeOtlpJson } from '#ingest/otlp-json.ts';
import { decodeMetrics } from '#telemetry/otlp/decode-metrics.ts';
import { decodeSpanBatch } from '#telemetry/otlp/decode-span-batch.ts';
import { MalformedOtlp } from '#telemetry/otlp/wire-reader.ts';
import { encodeRequest } from '#tests/support/otlp/otlp-messages.ts';
import {
  randomMetrics,
  randomTraces,
  toOtlpJson,
  toProtoObject,
} from '#tests/support/otlp/random-otlp.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

/**
 * Breaks OTLP bodies in every way that bytes can be broken and sends them through the decode path: each must be read or
 * refused as malformed, soon, and leave nothing behind. `npm run fuzz:otlp -- --bodies 1000000 --seed 1`.
 */
const MIB = 1024 * 1024;
/** Far above what a body of some kilobytes takes, even beside other work on the machine. */
const SLOW_MS = 5000;
/** What the heap may grow from a tenth of the run to its end. */
const MAX_GROWTH_MIB = 48;
const CORPUS = 400;

type Signal = 'traces' | 'metrics';
interface Sample {
  readonly signal: Signal;
  readonly encoding: 'protobuf' | 'json';
  readonly bytes: Buffer;
}

const { values } = parseArgs({
  options: {
    bodies: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
  },
});
const bodies = Number(values.bodies);
const roll = seededRandom(Number(values.seed));
const whole = (below: number): number => Math.floor(roll() * below);

/** What is worth putting where it does not belong. */
const JSON_TOKENS = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\\u',
  '\\ud83c',
  'null',
  'true',
  '-',
  '1e999',
  '1e-999',
  '99999999999999999999',
  '"traceId"',
  '"arrayValue":{"values":[',
  '\u0000',
  '/*',
].map((token) => Buffer.from(token));
const WIRE_TOKENS = [
  [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0x0b],
  [0x0c],
  [0x0f],
  [0x00],
  [0x0a, 0x00],
  [0x12, 0x80],
].map((token) => Buffer.from(token));

type Mutation = (bytes: Buffer, sample: Sample) => Buffer;
const splice = (bytes: Buffer, at: number, remove: number, insert: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);

const MUTATIONS: readonly Mutation[] = [
  (bytes) => bytes.subarray(0, whole(bytes.length + 1)),
  (bytes) => flip(bytes, 1),
  (bytes) => flip(bytes, 1 + whole(16)),
  (bytes) => splice(bytes, whole(bytes.length + 1), whole(40), Buffer.alloc(0)),
  (bytes) =>
    splice(
      bytes,
      whole(bytes.length + 1),
      0,
      bytes.subarray(whole(bytes.length + 1)).subarray(0, whole(200)),
    ),
  (bytes, { encoding }) =>
    splice(
      bytes,
      whole(bytes.length + 1),
      whole(3),
      pick(encoding === 'json' ? JSON_TOKENS : WIRE_TOKENS),
    ),
  (bytes) => splice(bytes, whole(bytes.length + 1), whole(20), noise(whole(20))),
  (bytes) => Buffer.concat([bytes, pick(corpus).bytes]),
  () => noise(whole(300)),
  (bytes, { encoding }) => deepen(bytes, encoding),
];

function pick<T>(list: readonly T[]): T {
  return list[whole(list.length)] as T;
}

function noise(length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => whole(256)));
}

function flip(bytes: Buffer, times: number): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = 0; i < times && copy.length > 0; i++) copy[whole(copy.length)] = whole(256);
  return copy;
}

/** Nested far deeper than any message is. */
function deepen(bytes: Buffer, encoding: Sample['encoding']): Buffer {
  const levels = 1 + whole(400);
  if (encoding === 'json') {
    const open = pick(['[', '{"a":', '{"arrayValue":{"values":[', '{"resourceSpans":[']);
    return splice(bytes, whole(bytes.length + 1), 0, Buffer.from(open.repeat(levels)));
  }
  let inner = Buffer.from([0x0a, 0x00]);
  for (let i = 0; i < levels && inner.length < 16_000; i++) {
    const length = inner.length;
    const head = length < 128 ? [0x2a, length] : [0x2a, (length & 127) | 128, length >> 7];
    inner = Buffer.concat([Buffer.from(head), inner]);
  }
  return splice(bytes, whole(bytes.length + 1), 0, inner);
}

function makeCorpus(): Sample[] {
  return Array.from({ length: CORPUS }, (_, i): Sample => {
    const signal = i % 2 === 0 ? 'traces' : 'metrics';
    const model = signal === 'traces' ? randomTraces(roll) : randomMetrics(roll);
    return i % 4 < 2
      ? { signal, encoding: 'json', bytes: Buffer.from(toOtlpJson(model, roll)) }
      : {
          signal,
          encoding: 'protobuf',
          bytes: encodeRequest(signal, toProtoObject(model) as object),
        };
  }).filter((sample) => sample.bytes.length > 0);
}

function decode(signal: Signal, encoding: Sample['encoding'], bytes: Buffer): void {
  if (encoding === 'protobuf') {
    decodeProtobuf(signal, bytes);
    return;
  }
  const { body } = transcodeOtlpJson(signal, bytes);
  try {
    decodeProtobuf(signal, body);
  } catch (error) {
    // Whatever the JSON says: what is written from it is protobuf.
    throw new Error('JSON became malformed protobuf', { cause: error });
  }
}

function decodeProtobuf(signal: Signal, body: Uint8Array): void {
  if (signal === 'traces') decodeSpanBatch(body);
  else decodeMetrics(body);
}

function heapMib(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / MIB;
}

const corpus = makeCorpus();
const tally = { read: 0, refused: 0, bytes: 0 };
let slowestMs = 0;
let earlyHeapMib = 0;
const startedMs = performance.now();
for (let i = 0; i < bodies; i++) {
  const sample = pick(corpus);
  let bytes = sample.bytes;
  for (let rounds = 1 + whole(3); rounds > 0; rounds--) bytes = pick(MUTATIONS)(bytes, sample);
  tally.bytes += bytes.length;
  const begunMs = performance.now();
  try {
    decode(sample.signal, sample.encoding, bytes);
    tally.read++;
  } catch (error) {
    if (!(error instanceof BadDataError || error instanceof MalformedOtlp)) {
      console.error(
        `body ${i} of seed ${values.seed} (${sample.signal}, ${sample.encoding}) broke the decoder:`,
      );
      console.error(bytes.toString('base64'));
      throw error;
    }
    tally.refused++;
  }
  const tookMs = performance.now() - begunMs;
  slowestMs = Math.max(slowestMs, tookMs);
  if (tookMs > SLOW_MS) {
    throw new Error(
      `body ${i} of seed ${values.seed} took ${tookMs.toFixed(0)} ms: ${bytes.toString('base64')}`,
    );
  }
  if (i === Math.floor(bodies / 10)) earlyHeapMib = heapMib();
}
const seconds = (performance.now() - startedMs) / 1000;
const lateHeapMib = heapMib();
console.log(
  JSON.stringify({
    bodies,
    seed: Number(values.seed),
    ...tally,
    seconds: Math.round(seconds),
    slowestMs: Math.round(slowestMs),
    heapMib: [Math.round(earlyHeapMib), Math.round(lateHeapMib)],
    residentMib: Math.round(process.memoryUsage.rss() / MIB),
  }),
);
if (lateHeapMib - earlyHeapMib > MAX_GROWTH_MIB) throw new Error('the heap grew');
