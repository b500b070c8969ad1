import { attributeText } from '#telemetry/attribute-text.ts';
import { isCompoundText } from '#telemetry/otlp/attribute-scan.ts';
import { countSpans } from '#telemetry/otlp/count-spans.ts';
import { readSpans } from '#telemetry/otlp/read-spans.ts';
import type { Span } from '#telemetry/span.ts';
import type { TraceQuery } from '#telemetry/trace-summary.ts';
import { type Queryable, queryRows } from '../query-rows.ts';
import { decompress } from './codec.ts';
import type { SegmentKey } from './segment-cache.ts';

interface PayloadRow {
  readonly codec: number;
  readonly block_offsets: readonly number[];
  readonly payload: Buffer;
}

/** The spans of a segment with the given numbers, by number; none when the segment is gone. */
export async function readSpansAt(
  db: Queryable,
  key: SegmentKey,
  numbers: readonly number[],
  mayHold: (block: Buffer) => boolean = () => true,
): Promise<ReadonlyMap<number, Span>> {
  const found = new Map<number, Span>();
  const [row] = await queryRows(db)<PayloadRow>`
    select codec, block_offsets, payload from span_segment where day = ${key.day} and id = ${key.id}`;
  if (row === undefined || numbers.length === 0) return found;
  const wanted = new Set(numbers);
  const blocks = await Promise.all(
    row.block_offsets
      .slice(1)
      .map((end, i) => decompress(row.codec, row.payload.subarray(row.block_offsets[i], end))),
  );
  // Columns and payload hold the spans in the same order.
  let next = 0;
  for (const block of blocks) {
    const first = next;
    next += countSpans(block);
    if (mayHold(block)) readBlock(block, first, wanted, found);
  }
  return found;
}

function readBlock(
  block: Buffer,
  first: number,
  wanted: ReadonlySet<number>,
  into: Map<number, Span>,
): void {
  const numbers: number[] = [];
  let number = first - 1;
  const spans = readSpans(block, () => {
    number++;
    if (wanted.has(number)) numbers.push(number);
    return wanted.has(number);
  });
  for (const [i, span] of spans.entries()) into.set(numbers[i] ?? -1, span);
}

type AttributeClauses = NonNullable<TraceQuery['attributes']>;

/** Numbers of those spans, out of `numbers`, that have all the attributes, on themselves or on their resource. */
export async function withAttributes(
  db: Queryable,
  key: SegmentKey,
  numbers: readonly number[],
  attributes: AttributeClauses,
): Promise<readonly number[]> {
  if (attributes.length === 0 || numbers.length === 0) return numbers;
  const spans = await readSpansAt(db, key, numbers, holding(attributes));
  return numbers.filter((number) => {
    const span = spans.get(number);
    return span !== undefined && attributes.every(([name, text]) => hasAttribute(span, name, text));
  });
}

/**
 * Rules out blocks of which some key or value is nowhere in the bytes. Only strings stand there as they are searched for;
 * of what may be another type, only the key is looked for.
 */
function holding(attributes: AttributeClauses): (block: Buffer) => boolean {
  const needles = attributes.flatMap(([key, text]) =>
    isOnlyText(text) ? [Buffer.from(key), Buffer.from(text)] : [Buffer.from(key)],
  );
  return (block) => needles.every((needle) => block.includes(needle));
}

/** No number, no boolean, and nothing whose text is made when it is read. */
function isOnlyText(text: string): boolean {
  const isNumber = !Number.isNaN(Number(text)) || text === 'NaN';
  return !isCompoundText(text) && !isNumber && text !== 'true' && text !== 'false';
}

function hasAttribute(span: Span, name: string, text: string): boolean {
  return [span.attributes, span.resource].some(
    (attributes) => attributes.has(name) && attributeText(attributes.get(name)) === text,
  );
}
