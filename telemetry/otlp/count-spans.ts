import { WireReader } from './wire-reader.ts';

/** Spans of OTLP TracesData, by a quick pass over the framing alone. */
export function countSpans(bytes: Uint8Array): number {
  const reader = new WireReader(bytes);
  const end = reader.bytes.length;
  return countInner(reader, end, 0x0a, (resourceEnd) =>
    countInner(reader, resourceEnd, 0x12, (scopeEnd) =>
      countInner(reader, scopeEnd, 0x12, (spanEnd) => {
        reader.at = spanEnd;
        return 1;
      }),
    ),
  );
}

function countInner(
  reader: WireReader,
  end: number,
  wanted: number,
  count: (innerEnd: number) => number,
): number {
  let total = 0;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag === wanted) total += count(reader.lengthEnd(end));
    else reader.skip(tag, end);
  }
  return total;
}
