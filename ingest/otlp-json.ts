import { isUtf8 } from 'node:buffer';
import { BadDataError } from './export-outcome.ts';
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  JsonScanner,
  MAX_DEPTH,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './json-scanner.ts';
import { JsonValueWriter } from './json-value-writer.ts';
import { EXPORT_REQUESTS } from './otlp-json-fields.ts';
import { type JsonField, type JsonMessage, keyHash, type ScalarKind } from './otlp-json-message.ts';
import type { OtlpSignal } from './otlp-signal.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

/** OTLP/JSON is about twice as long as the same in protobuf. */
const PROTOBUF_SHARE = 0.6;
/** Of an unknown key, in the answer to its sender. */
const KEY_SHOWN_BYTES = 40;
const UNDERSCORE = 0x5f;
const LETTER_N = 0x6e;

export interface TranscodedBody {
  /** Export…ServiceRequest in protobuf, without the rejected parts. */
  readonly body: Uint8Array;
  /** Spans, data points or log records that were left out. */
  readonly rejected: number;
  /** Why the first of them was. */
  readonly rejectReason: string;
  /** Keys that no field has, ignored. */
  readonly unknownKeys: number;
  /** The first unknown key that looks like a field's name in proto files: its sender meant something by it. */
  readonly snakeCaseKey: string | undefined;
}

/**
 * OTLP/JSON to the same request in protobuf, one pass, no value in between, every digit kept.
 *
 * What is not JSON throws BadDataError with its place; a span or data point that breaks a rule (an id that is no hex, an
 * enum by name, a string for a number) is left out and counted; TooLargeError past `limitBytes` of protobuf.
 */
export function transcodeOtlpJson(
  signal: OtlpSignal,
  json: Buffer,
  limitBytes = Number.POSITIVE_INFINITY,
): TranscodedBody {
  if (!isUtf8(json)) throw new BadDataError('the body is not UTF-8');
  const capacity = Math.min(Math.ceil(json.length * PROTOBUF_SHARE), limitBytes);
  return new Transcoder(json, new ProtobufWriter(capacity, limitBytes)).run(
    EXPORT_REQUESTS[signal],
  );
}

class Transcoder {
  readonly #scanner: JsonScanner;
  readonly #out: ProtobufWriter;
  readonly #values: JsonValueWriter;
  #depth = 0;
  /** How many units or groups are open: only inside one can a fault be forgiven. */
  #rejectable = 0;
  #fault: string | undefined;
  #accepted = 0;
  #rejected = 0;
  #rejectReason = '';
  #unknownKeys = 0;
  #snakeCaseKey: string | undefined;

  constructor(json: Buffer, out: ProtobufWriter) {
    this.#scanner = new JsonScanner(json);
    this.#out = out;
    this.#values = new JsonValueWriter(this.#scanner, out);
  }

  run(request: JsonMessage): TranscodedBody {
    if (this.#scanner.peek() !== OPEN_OBJECT) this.#scanner.fail("expected '{'");
    this.#message(request);
    if (this.#scanner.peek() !== -1) this.#scanner.fail('something follows the end');
    return {
      body: this.#out.finish(),
      rejected: this.#rejected,
      rejectReason: this.#rejectReason,
      unknownKeys: this.#unknownKeys,
      snakeCaseKey: this.#snakeCaseKey,
    };
  }

  /** The content of a message; `at` stands on its '{'. */
  #message(message: JsonMessage): void {
    const scanner = this.#scanner;
    if (++this.#depth > MAX_DEPTH) scanner.fail(`nested deeper than ${MAX_DEPTH} levels`);
    scanner.at++;
    if (!scanner.isEmpty(CLOSE_OBJECT)) {
      do {
        if (scanner.peek() !== QUOTE) scanner.fail('expected a key');
        scanner.string();
        const field = this.#field(message);
        scanner.expect(COLON, "':'");
        if (field === undefined) scanner.skipValue();
        else this.#value(field);
      } while (scanner.hasNext(CLOSE_OBJECT));
    }
    this.#depth--;
  }

  #field(message: JsonMessage): JsonField | undefined {
    const { bytes, textStart, textEnd, hasEscapes } = this.#scanner;
    if (hasEscapes) return this.#escapedField(message);
    const field = message.fields.get(keyHash(bytes, textStart, textEnd));
    if (field !== undefined && isSame(field.key, bytes, textStart, textEnd)) return field;
    this.#noteUnknown(bytes, textStart, textEnd);
    return undefined;
  }

  #escapedField(message: JsonMessage): JsonField | undefined {
    const { bytes, textStart, textEnd } = this.#scanner;
    const key = Buffer.from(String(JSON.parse(bytes.toString('utf8', textStart - 1, textEnd + 1))));
    const field = message.fields.get(keyHash(key, 0, key.length));
    if (field !== undefined && isSame(field.key, key, 0, key.length)) return field;
    this.#noteUnknown(key, 0, key.length);
    return undefined;
  }

  #noteUnknown(bytes: Buffer, start: number, end: number): void {
    this.#unknownKeys++;
    if (this.#snakeCaseKey !== undefined) return;
    if (!bytes.subarray(start, end).includes(UNDERSCORE)) return;
    this.#snakeCaseKey = bytes.toString('utf8', start, Math.min(end, start + KEY_SHOWN_BYTES));
  }

  #value(field: JsonField): void {
    const { form } = field;
    if (this.#scanner.peek() === LETTER_N) this.#scanner.literal('null');
    else if (form.list === 'packed') this.#packed(field, form.kind);
    else if (form.list === 'repeated') this.#repeated(field);
    else this.#one(field);
  }

  #one(field: JsonField): void {
    if (field.form.kind === 'message') this.#submessage(field, field.form.message);
    else this.#tagged(field, field.form.kind);
  }

  #repeated(field: JsonField): void {
    const scanner = this.#scanner;
    if (!this.#opens(OPEN_ARRAY, field, 'a list')) return;
    scanner.at++;
    if (scanner.isEmpty(CLOSE_ARRAY)) return;
    do this.#one(field);
    while (scanner.hasNext(CLOSE_ARRAY));
  }

  #packed(field: JsonField, kind: ScalarKind): void {
    const scanner = this.#scanner;
    if (!this.#opens(OPEN_ARRAY, field, 'a list')) return;
    scanner.at++;
    this.#out.varint(field.tag);
    const start = this.#out.openLength(1);
    if (!scanner.isEmpty(CLOSE_ARRAY)) {
      do this.#scalar(field, kind);
      while (scanner.hasNext(CLOSE_ARRAY));
    }
    this.#out.closeLength(start, 1);
  }

  #submessage(field: JsonField, message: JsonMessage): void {
    if (!this.#opens(OPEN_OBJECT, field, 'an object')) return;
    if (message.role === 'plain') this.#delimited(field, message);
    else this.#rejectablePart(field, message);
  }

  #delimited(field: JsonField, message: JsonMessage): void {
    const out = this.#out;
    out.varint(field.tag);
    const start = out.openLength(message.lengthWidth);
    if (message.isOpaque) this.#scanner.skipValue();
    else this.#message(message);
    out.closeLength(start, message.lengthWidth);
  }

  /** A span, data point or log record, or a metric with all its points: a fault inside costs just this. */
  #rejectablePart(field: JsonField, message: JsonMessage): void {
    const start = this.#out.length;
    const outerFault = this.#fault;
    const acceptedBefore = this.#accepted;
    this.#fault = undefined;
    this.#rejectable++;
    this.#delimited(field, message);
    this.#rejectable--;
    if (message.role === 'unit') this.#accepted++;
    if (this.#fault !== undefined) {
      this.#out.truncate(start);
      this.#rejected += this.#accepted - acceptedBefore;
      this.#accepted = acceptedBefore;
      this.#rejectReason ||= this.#fault;
    }
    this.#fault = outerFault;
  }

  /** False, with the value passed and the fault noted, when it does not begin with `byte`. */
  #opens(byte: number, field: JsonField, wanted: string): boolean {
    if (this.#scanner.peek() === byte) return true;
    this.#reject(field, wanted, this.#scanner.at);
    this.#scanner.skipValue();
    return false;
  }

  #reject(field: JsonField, wanted: string, at: number): void {
    const fault = `${field.key} at byte ${at} is not ${wanted}`;
    if (this.#rejectable === 0) throw new BadDataError(fault);
    this.#fault ??= fault;
  }

  #tagged(field: JsonField, kind: ScalarKind): void {
    this.#out.varint(field.tag);
    this.#scalar(field, kind);
  }

  /** Writes one value without its tag. After a fault what was written is rubbish: its part is cut off. */
  #scalar(field: JsonField, kind: ScalarKind): void {
    const scanner = this.#scanner;
    const first = scanner.peek();
    const start = scanner.at;
    if (this.#values.write(field, kind, first)) return;
    this.#reject(field, kind === 'id' ? `${field.idBytes} bytes in hex` : WANTED[kind], start);
    // A value of the wrong type was not touched, one out of range was passed.
    if (scanner.at === start) scanner.skipValue();
  }
}

const WANTED: Readonly<Record<ScalarKind, string>> = {
  string: 'a string',
  bool: 'true or false',
  bytes: 'base64',
  id: 'an id',
  enum: 'an integer (OTLP/JSON has no enum names)',
  int64: 'a 64-bit integer',
  uint32: 'an unsigned 32-bit integer',
  uint64: 'an unsigned 64-bit integer',
  sint32: 'a 32-bit integer',
  fixed32: 'an unsigned 32-bit integer',
  fixed64: 'an unsigned 64-bit integer',
  sfixed64: 'a 64-bit integer',
  double: 'a number',
};

function isSame(key: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let i = 0; i < key.length; i++) {
    if (key[i] !== bytes[start + i]) return false;
  }
  return true;
}
