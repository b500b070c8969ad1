/** How the value of a key is written in JSON and on the wire. */
export type ScalarKind =
  | 'string'
  | 'bool'
  | 'bytes'
  /** Hex of exactly `bytes` bytes, or '' where `optional`. */
  | 'id'
  | 'enum'
  | 'int64'
  | 'uint32'
  | 'uint64'
  | 'sint32'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double';

type FieldForm =
  | { readonly kind: ScalarKind; readonly list: 'one' | 'packed' | 'repeated' }
  | { readonly kind: 'message'; readonly message: JsonMessage; readonly list: 'one' | 'repeated' };

export interface JsonField {
  readonly key: Buffer;
  readonly tag: number;
  /** Of `id`: the length; '' is allowed when `idMayBeEmpty`. */
  readonly idBytes: number;
  readonly idMayBeEmpty: boolean;
  readonly form: FieldForm;
}

/**
 * `unit` messages are counted and rejected one by one (a span, a data point); a fault anywhere else in a `group` (a
 * metric) rejects every unit inside it; a fault outside of both condemns the request.
 */
export type MessageRole = 'plain' | 'unit' | 'group';

export interface JsonMessage {
  readonly name: string;
  readonly role: MessageRole;
  /** Bytes to leave for the length in front of it: most messages of this type need exactly these. */
  readonly lengthWidth: number;
  /** True when its content is nobody's business: skipped, and its keys are not counted as unknown. */
  readonly isOpaque: boolean;
  readonly fields: Map<number, JsonField>;
}

const WIRE_VARINT = 0;
const WIRE_64 = 1;
const WIRE_LENGTH = 2;
const WIRE_32 = 5;
const WIRE_TYPES: Readonly<Record<ScalarKind, number>> = {
  string: WIRE_LENGTH,
  bytes: WIRE_LENGTH,
  id: WIRE_LENGTH,
  bool: WIRE_VARINT,
  enum: WIRE_VARINT,
  int64: WIRE_VARINT,
  uint32: WIRE_VARINT,
  uint64: WIRE_VARINT,
  sint32: WIRE_VARINT,
  fixed32: WIRE_32,
  fixed64: WIRE_64,
  sfixed64: WIRE_64,
  double: WIRE_64,
};

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/** Of the bytes of a key; `addField` makes sure that no two keys of one message share it. */
export function keyHash(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
  return hash;
}

export function message(
  name: string,
  options: { role?: MessageRole; lengthWidth?: number; isOpaque?: boolean } = {},
): JsonMessage {
  return {
    name,
    role: options.role ?? 'plain',
    lengthWidth: options.lengthWidth ?? 1,
    isOpaque: options.isOpaque ?? false,
    fields: new Map(),
  };
}

function addField(
  to: JsonMessage,
  name: string,
  number: number,
  form: FieldForm,
  id = { bytes: 0, mayBeEmpty: false },
): void {
  const key = Buffer.from(name);
  const hash = keyHash(key, 0, key.length);
  if (to.fields.has(hash)) throw new Error(`two keys of ${to.name} have one hash: ${name}`);
  const isLengthDelimited = form.kind === 'message' || form.list === 'packed';
  const wireType = isLengthDelimited ? WIRE_LENGTH : WIRE_TYPES[form.kind as ScalarKind];
  to.fields.set(hash, {
    key,
    tag: (number << 3) | wireType,
    idBytes: id.bytes,
    idMayBeEmpty: id.mayBeEmpty,
    form,
  });
}

type ScalarFields = Readonly<Record<string, readonly [number, ScalarKind]>>;
type MessageFields = Readonly<Record<string, readonly [number, JsonMessage]>>;

export function addScalars(to: JsonMessage, fields: ScalarFields): void {
  for (const [name, [number, kind]] of Object.entries(fields)) {
    addField(to, name, number, { kind, list: 'one' });
  }
}

export function addLists(to: JsonMessage, list: 'packed' | 'repeated', fields: ScalarFields): void {
  for (const [name, [number, kind]] of Object.entries(fields)) {
    addField(to, name, number, { kind, list });
  }
}

export function addMessages(
  to: JsonMessage,
  list: 'one' | 'repeated',
  fields: MessageFields,
): void {
  for (const [name, [number, inner]] of Object.entries(fields)) {
    addField(to, name, number, { kind: 'message', message: inner, list });
  }
}

export function addId(
  to: JsonMessage,
  name: 'traceId' | 'spanId' | 'parentSpanId',
  number: number,
  mayBeEmpty = false,
): void {
  const bytes = name === 'traceId' ? TRACE_ID_BYTES : SPAN_ID_BYTES;
  addField(to, name, number, { kind: 'id', list: 'one' }, { bytes, mayBeEmpty });
}
