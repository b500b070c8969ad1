import { describe, expect, it } from 'vitest';
import { ProtobufWriter } from '#ingest/protobuf-writer.ts';
import { BlockFramer } from '#store/spans/block-framer.ts';
import { decodeSpanBatch } from '#telemetry/otlp/decode-span-batch.ts';
import type { SpanBatch } from '#telemetry/span-batch.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

const SPAN = 0x12;
/** A field that no version of ScopeSpans has. */
const UNKNOWN = 0x98;

describe('blocks of spans', () => {
  it('hold every span byte for byte, however its sender framed it', () => {
    const random = seededRandom(3);
    const sent = Array.from({ length: 3000 }, (_, i) => spanBytes(i, Math.floor(random() * 400)));
    const body = frame(sent, random);
    const { batch } = decodeSpanBatch(body);
    expect(batch.count).toBe(sent.length);
    expect(spansOf(framed(batch, (i) => i))).toEqual(sent.map(hex));
  });

  it('hold them in the order in which they were added', () => {
    const sent = Array.from({ length: 200 }, (_, i) => spanBytes(i, 10));
    const { batch } = decodeSpanBatch(frame(sent, () => 0.9));
    const backwards = spansOf(framed(batch, (i) => batch.count - 1 - i));
    expect(backwards).toEqual(sent.map(hex).reverse());
  });
});

function framed(batch: SpanBatch, order: (i: number) => number): readonly Buffer[] {
  const framer = new BlockFramer();
  for (let n = 0; n < batch.count; n++) {
    const i = order(n);
    const group = batch.groups[batch.groupOf[i] as number];
    if (group === undefined) throw new Error('a span without a group');
    framer.add(group, batch.bytes, batch.spanFrom[i] as number, batch.spanTo[i] as number);
  }
  return framer.finish();
}

function spansOf(blocks: readonly Buffer[]): readonly string[] {
  expect(blocks.length).toBeGreaterThan(0);
  return blocks.flatMap((block) => {
    const { batch } = decodeSpanBatch(block);
    return Array.from({ length: batch.count }, (_, i) =>
      hex(batch.bytes.subarray(batch.spanFrom[i], batch.spanTo[i])),
    );
  });
}

/** One scope; some lengths longer than they need be, and some fields that nobody knows between the spans. */
function frame(spans: readonly Buffer[], random: () => number): Buffer {
  const inner = spans.flatMap((span) => {
    const roll = random();
    const unknown = roll < 0.1 ? [Buffer.from([UNKNOWN, 0x06, 0x01])] : [];
    return [...unknown, Buffer.from([SPAN]), varint(span.length, roll > 0.1 && roll < 0.2), span];
  });
  const scope = Buffer.concat(inner);
  const resource = Buffer.concat([Buffer.from([0x12]), varint(scope.length, false), scope]);
  return Buffer.concat([Buffer.from([0x0a]), varint(resource.length, false), resource]);
}

function varint(value: number, isLong: boolean): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from(isLong ? [...bytes, rest | 128, 0] : [...bytes, rest]);
}

function spanBytes(number: number, nameLength: number): Buffer {
  const out = new ProtobufWriter(64 + nameLength);
  const id = Buffer.alloc(16, 1);
  id.writeUInt32BE(number + 1, 12);
  out.varint(0x0a);
  out.varint(16);
  out.raw(id, 0, 16);
  out.varint(0x12);
  out.varint(8);
  out.raw(id, 8, 16);
  out.text(5, 'n'.repeat(nameLength));
  return Buffer.from(out.finish());
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
