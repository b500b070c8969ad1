/** Field 1999 of any message: no version of OTLP has it yet. */
const UNKNOWN_FIELD = 1999;
const SPANS = 2;

/** One span with a field that nobody knows in the resource, the scope and the span: what a later OTLP may send. */
export function bodyWithUnknownFields(ids: {
  readonly traceId: Buffer;
  readonly spanId: Buffer;
  readonly startUnixNano: bigint;
}): { readonly body: Buffer; readonly unknown: readonly Buffer[] } {
  const [ofResource, ofScope, ofSpan] = ['resource', 'scope', 'span'].map((where) =>
    field(UNKNOWN_FIELD, Buffer.from(`a later version's word on this ${where}`)),
  ) as [Buffer, Buffer, Buffer];
  const span = Buffer.concat([
    field(1, ids.traceId),
    field(2, ids.spanId),
    field(5, Buffer.from('GET /')),
    fixed64(7, ids.startUnixNano),
    fixed64(8, ids.startUnixNano + 1n),
    ofSpan,
  ]);
  const scopeSpans = Buffer.concat([field(1, ofScope), field(SPANS, span)]);
  const resourceSpans = Buffer.concat([field(1, ofResource), field(SPANS, scopeSpans)]);
  return { body: field(1, resourceSpans), unknown: [ofResource, ofScope, ofSpan] };
}

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function fixed64(number: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return Buffer.concat([varint(number * 8 + 1), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    bytes.push(left < 128 ? left : (left % 128) + 128);
    if (left < 128) return Buffer.from(bytes);
  }
}
