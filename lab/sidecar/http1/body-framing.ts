import { type Fields, fieldOf, MessageError } from './message-head.ts';

/** How long a message's body is (RFC 9112 §6.3). */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** Of responses only: what comes until the connection is closed. */
  | { readonly kind: 'until-close' };

const NONE: Framing = { kind: 'none' };
const CHUNKED: Framing = { kind: 'chunked' };
const LENGTH = /^\d{1,15}$/;

export function framingOfRequest(fields: Fields): Framing {
  const declared = declaredFraming(fields, 400);
  return declared ?? NONE;
}

export function framingOfResponse(fields: Fields, statusCode: number, method: string): Framing {
  const hasNoBody = method === 'HEAD' || statusCode === 204 || statusCode === 304;
  // Read all the same: a malformed length must not pass on to the caller.
  const declared = declaredFraming(fields, 502);
  if (hasNoBody) return NONE;
  return declared ?? { kind: 'until-close' };
}

/** Both a length and a transfer coding, or two lengths, are refused: whoever sends them has another reader in mind. */
function declaredFraming(fields: Fields, faultCode: number): Framing | undefined {
  const coding = fieldOf(fields, 'transfer-encoding');
  const length = fieldOf(fields, 'content-length');
  if (coding !== undefined) {
    if (length !== undefined) {
      throw new MessageError(faultCode, 'both Content-Length and Transfer-Encoding');
    }
    if (coding.toLowerCase() === 'chunked') return CHUNKED;
    const status = faultCode === 400 ? 501 : faultCode;
    throw new MessageError(status, 'the only transfer coding that is understood is chunked');
  }
  if (length === undefined) return undefined;
  if (!LENGTH.test(length)) throw new MessageError(faultCode, 'the Content-Length is no number');
  return length === '0' ? NONE : { kind: 'length', bytes: Number(length) };
}

const LF = 10;
const CR = 13;
const SEMICOLON = 59;
/** A chunk's size line and each trailer line; what is longer is an attack on memory or patience. */
const LINE_LIMIT_BYTES = 4096;
const TRAILER_LIMIT_BYTES = 16 * 1024;
/** 2^48: more digits than a chunk can ever need, fewer than would lose precision. */
const SIZE_DIGITS = 12;

/**
 * Finds where a body ends in the bytes that arrive. The bytes themselves, chunk sizes and trailers included, go on as
 * they are.
 *
 *   size ──CRLF──▶ data ──all──▶ data-end ──CRLF──▶ size … size 0 ──▶ trailer ──empty line──▶ done
 */
export class BodyReader {
  readonly #framing: Framing;
  /** Of the body, or of the chunk. */
  #left: number;
  #state: 'size' | 'data' | 'data-end' | 'trailer' = 'size';
  /** Bytes of the line so far, and of all trailer lines. */
  #line = 0;
  #trailers = 0;
  #digits = 0;
  #inExtension = false;
  #sawCr = false;
  #isDone: boolean;

  constructor(framing: Framing) {
    this.#framing = framing;
    this.#left = framing.kind === 'length' ? framing.bytes : 0;
    this.#isDone = framing.kind === 'none';
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** How many bytes of `bytes`, from `start`, belong to the body. Throws a MessageError for a malformed chunk. */
  take(bytes: Buffer, start: number): number {
    if (this.#isDone) return 0;
    const available = bytes.length - start;
    if (this.#framing.kind === 'until-close') return available;
    if (this.#framing.kind === 'chunked') return this.#takeChunked(bytes, start);
    const taken = Math.min(available, this.#left);
    this.#left -= taken;
    this.#isDone = this.#left === 0;
    return taken;
  }

  /** The connection was closed; true when that is how the body ends. */
  endedWithConnection(): boolean {
    return this.#isDone || this.#framing.kind === 'until-close';
  }

  #takeChunked(bytes: Buffer, start: number): number {
    let at = start;
    while (at < bytes.length && !this.#isDone) {
      if (this.#state === 'data') {
        const skipped = Math.min(bytes.length - at, this.#left);
        this.#left -= skipped;
        at += skipped;
        if (this.#left === 0) this.#enter('data-end');
      } else {
        this.#takeFramingByte(bytes[at] ?? 0);
        at += 1;
      }
    }
    return at - start;
  }

  #takeFramingByte(byte: number): void {
    if (this.#sawCr) {
      if (byte !== LF) throw new MessageError(400, 'a CR without its LF in a chunked body');
      return void this.#endLine();
    }
    if (byte === CR) {
      this.#sawCr = true;
      return;
    }
    if (byte === LF || byte === 0) throw new MessageError(400, 'a stray byte in a chunked body');
    this.#line += 1;
    if (this.#line > LINE_LIMIT_BYTES) throw new MessageError(400, 'a chunk line is too long');
    if (this.#state === 'size') this.#takeSizeByte(byte);
    else if (this.#state === 'data-end')
      throw new MessageError(400, 'a chunk is longer than it says');
    else this.#takeTrailerByte();
  }

  #takeSizeByte(byte: number): void {
    if (this.#inExtension) return;
    if (byte === SEMICOLON && this.#digits > 0) {
      this.#inExtension = true;
      return;
    }
    const digit = hexDigit(byte);
    this.#digits += 1;
    if (digit < 0 || this.#digits > SIZE_DIGITS) throw new MessageError(400, 'no chunk size');
    this.#left = this.#left * 16 + digit;
  }

  #takeTrailerByte(): void {
    this.#trailers += 1;
    if (this.#trailers > TRAILER_LIMIT_BYTES)
      throw new MessageError(400, 'the trailers are too long');
  }

  #endLine(): void {
    this.#sawCr = false;
    if (this.#state === 'size') {
      if (this.#digits === 0) throw new MessageError(400, 'no chunk size');
      this.#enter(this.#left === 0 ? 'trailer' : 'data');
    } else if (this.#state === 'data-end') {
      this.#enter('size');
    } else if (this.#line === 0) {
      this.#isDone = true;
    }
    this.#line = 0;
  }

  #enter(state: 'size' | 'data' | 'data-end' | 'trailer'): void {
    this.#state = state;
    this.#digits = 0;
    this.#inExtension = false;
    this.#line = 0;
  }
}

/** -1 when it is none. */
function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
