/**
 * What a search asks of spans, beside their payload: plain little-endian arrays, so that filtering makes no objects.
 * Since version 2 an array lies there as planes, the lowest bytes of all its numbers first and so on: bytes alike stand
 * together, which makes them a tenth smaller when they are compressed and faster to inflate.
 *
 *   u32  version · spans n · traces t · dictionary bytes · min start low · min start high
 *   u32  start offset low[n] · high[n] · duration low[n] · high[n]          ns
 *   u16  trace[n] · service[n] · name[n] · flags[n] · id tail[n]
 *   u8   trace ids[16 t] · dictionary (JSON: services, names)
 */
export interface SegmentColumns {
  readonly count: number;
  readonly minStart: bigint;
  readonly startLow: Uint32Array;
  readonly startHigh: Uint32Array;
  readonly durationLow: Uint32Array;
  readonly durationHigh: Uint32Array;
  /** Index of the trace in `traceIds`. */
  readonly traceOf: Uint16Array;
  readonly serviceOf: Uint16Array;
  readonly nameOf: Uint16Array;
  readonly flags: Uint16Array;
  /** Two bytes of the span id: with trace, start, duration and name they tell a span that was sent twice. */
  readonly idTail: Uint16Array;
  readonly traceIds: Uint8Array;
  readonly services: readonly string[];
  readonly names: readonly string[];
}

const VERSION_WHOLE = 1;
const VERSION_PLANES = 2;
const HEADER_WORDS = 6;
const WORD_COLUMNS = 4;
const HALF_COLUMNS = 5;

const FLAG_ROOT = 1 << 9;
const FLAG_INCOMPLETE = 1 << 10;

export function toFlags(span: {
  readonly kind: number;
  readonly status: number;
  readonly mode: number;
  readonly isRoot: boolean;
  readonly isComplete: boolean;
}): number {
  const root = span.isRoot ? FLAG_ROOT : 0;
  const incomplete = span.isComplete ? 0 : FLAG_INCOMPLETE;
  return span.kind | (span.status << 3) | (span.mode << 5) | root | incomplete;
}

export function statusOf(flags: number): number {
  return (flags >> 3) & 3;
}

export function modeOf(flags: number): number {
  return (flags >> 5) & 15;
}

export function isRoot(flags: number): boolean {
  return (flags & FLAG_ROOT) !== 0;
}

/** The length of columns of `count` spans without trace ids and dictionary. */
function columnsSize(count: number): number {
  return (HEADER_WORDS + WORD_COLUMNS * count) * 4 + HALF_COLUMNS * count * 2;
}

export function encodeColumns(columns: SegmentColumns): Uint8Array {
  const { count, traceIds, services, names } = columns;
  const dictionary = new TextEncoder().encode(JSON.stringify({ services, names }));
  const bytes = new Uint8Array(columnsSize(count) + traceIds.length + dictionary.length);
  const header = new Uint32Array(bytes.buffer, 0, HEADER_WORDS);
  header.set([VERSION_PLANES, count, traceIds.length / 16, dictionary.length]);
  header[4] = Number(columns.minStart & 0xffffffffn);
  header[5] = Number((columns.minStart >> 32n) & 0xffffffffn);
  let at = HEADER_WORDS * 4;
  const put = (column: Uint32Array | Uint16Array): void => {
    for (let shift = 0; shift < column.BYTES_PER_ELEMENT * 8; shift += 8) {
      for (let i = 0; i < count; i++) bytes[at++] = (column[i] as number) >>> shift;
    }
  };
  put(columns.startLow);
  put(columns.startHigh);
  put(columns.durationLow);
  put(columns.durationHigh);
  put(columns.traceOf);
  put(columns.serviceOf);
  put(columns.nameOf);
  put(columns.flags);
  put(columns.idTail);
  bytes.set(traceIds, at);
  bytes.set(dictionary, at + traceIds.length);
  return bytes;
}

function joinPlanes<Column extends Uint32Array | Uint16Array>(
  column: Column,
  planes: Uint8Array,
): Column {
  const count = column.length;
  const joined = new Uint8Array(column.buffer);
  const width = column.BYTES_PER_ELEMENT;
  for (let plane = 0; plane < width; plane++) {
    const from = plane * count;
    for (let i = 0; i < count; i++) joined[i * width + plane] = planes[from + i] as number;
  }
  return column;
}

/** Columns that were written as they are: views over the bytes, or over a copy where these are not aligned. */
export function decodeColumns(encoded: Uint8Array): SegmentColumns {
  const bytes = encoded.byteOffset % 4 === 0 ? encoded : Uint8Array.from(encoded);
  const header = new Uint32Array(bytes.buffer, bytes.byteOffset, HEADER_WORDS);
  const [version = 0, count = 0, traces = 0, dictionaryBytes = 0, low = 0, high = 0] = header;
  if (version !== VERSION_WHOLE && version !== VERSION_PLANES) {
    throw new Error(`segment columns have an unknown version ${version}`);
  }
  let at = bytes.byteOffset + HEADER_WORDS * 4;
  const isWhole = version === VERSION_WHOLE;
  const words = (): Uint32Array => {
    const from = at;
    at += count * 4;
    if (isWhole) return new Uint32Array(bytes.buffer, from, count);
    return joinPlanes(new Uint32Array(count), new Uint8Array(bytes.buffer, from, count * 4));
  };
  const halves = (): Uint16Array => {
    const from = at;
    at += count * 2;
    if (isWhole) return new Uint16Array(bytes.buffer, from, count);
    return joinPlanes(new Uint16Array(count), new Uint8Array(bytes.buffer, from, count * 2));
  };
  const rest = () => {
    const traceIds = new Uint8Array(bytes.buffer, at, traces * 16);
    const dictionary = new Uint8Array(bytes.buffer, at + traces * 16, dictionaryBytes);
    const { services, names } = JSON.parse(new TextDecoder().decode(dictionary)) as {
      services: readonly string[];
      names: readonly string[];
    };
    return { traceIds, services, names };
  };
  return {
    count,
    minStart: (BigInt(high) << 32n) | BigInt(low),
    startLow: words(),
    startHigh: words(),
    durationLow: words(),
    durationHigh: words(),
    traceOf: halves(),
    serviceOf: halves(),
    nameOf: halves(),
    flags: halves(),
    idTail: halves(),
    ...rest(),
  };
}
