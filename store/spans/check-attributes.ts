import { attributeText } from '#telemetry/attribute-text.ts';
import { readSpans } from '#telemetry/otlp/read-spans.ts';
import type { Span } from '#telemetry/span.ts';
import { type Queryable, queryRows } from '../query-rows.ts';
import { decompress } from './codec.ts';
import type { SegmentKey } from './segment-cache.ts';

interface PayloadRow {
  readonly codec: number;
  readonly block_offsets: readonly number[];
  readonly payload: Buffer;
}

/** The spans of a segment with the given numbers, read from its payload; [] when the segment is gone. */
export async function readSpansAt(
  db: Queryable,
  key: SegmentKey,
  numbers: readonly number[],
): Promise<readonly Span[]> {
  const [row] = await queryRows(db)<PayloadRow>`
    select codec, block_offsets, payload from span_segment where day = ${key.day} and id = ${key.id}`;
  if (row === undefined || numbers.length === 0) return [];
  const wanted = new Set(numbers);
  const blocks = await Promise.all(
    row.block_offsets
      .slice(1)
      .map((end, i) => decompress(row.codec, row.payload.subarray(row.block_offsets[i], end))),
  );
  // Columns and payload hold the spans in the same order.
  let number = -1;
  return blocks.flatMap((block) =>
    readSpans(block, () => {
      number++;
      return wanted.has(number);
    }),
  );
}

/** Numbers of those spans, out of `numbers`, that have all the attributes, on themselves or on their resource. */
export async function withAttributes(
  db: Queryable,
  key: SegmentKey,
  numbers: readonly number[],
  attributes: ReadonlyArray<readonly [key: string, value: string]>,
): Promise<readonly number[]> {
  if (attributes.length === 0) return numbers;
  const spans = await readSpansAt(db, key, numbers);
  return numbers.filter((_number, i) => {
    const span = spans[i];
    return span !== undefined && attributes.every(([name, text]) => hasAttribute(span, name, text));
  });
}

function hasAttribute(span: Span, name: string, text: string): boolean {
  return [span.attributes, span.resource].some(
    (attributes) => attributes.has(name) && attributeText(attributes.get(name)) === text,
  );
}
