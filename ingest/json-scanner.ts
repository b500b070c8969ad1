import { BadDataError } from './export-outcome.ts';

export const QUOTE = 0x22;
const BACKSLASH = 0x5c;
export const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
export const ZERO = 0x30;
export const NINE = 0x39;
const UPPER_E = 0x45;
const LOWER_E = 0x65;
const LOWER_U = 0x75;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
const COMMA = 0x2c;
export const COLON = 0x3a;
const SPACE = 0x20;
const END = -1;

/** Protobuf's own parsers stop at 100 levels; what is deeper is an attack on the stack. */
export const MAX_DEPTH = 100;

const LITERALS = {
  true: Buffer.from('true'),
  false: Buffer.from('false'),
  null: Buffer.from('null'),
} as const;
/** Bytes that may follow a backslash, RFC 8259 §7; `u` is apart. */
const SIMPLE_ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

/**
 * Walks JSON text (RFC 8259) byte by byte and makes no value of it: strings are left where they are, numbers keep every
 * digit. `JSON.parse` would round 64-bit integers, which is what timestamps are.
 *
 * Its methods move `at` forward; what is not JSON throws BadDataError with its place.
 */
export class JsonScanner {
  readonly bytes: Buffer;
  at = 0;
  /** Of the last string, between its quotes. */
  textStart = 0;
  textEnd = 0;
  hasEscapes = false;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  fail(what: string): never {
    throw new BadDataError(`malformed JSON at byte ${this.at}: ${what}`);
  }

  /** The next byte that is not white space, or -1 at the end; does not pass it. */
  peek(): number {
    const bytes = this.bytes;
    let at = this.at;
    let byte = bytes[at];
    while (byte !== undefined && byte <= SPACE) {
      if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
      byte = bytes[++at];
    }
    this.at = at;
    return byte ?? END;
  }

  expect(byte: number, what: string): void {
    if (this.peek() !== byte) this.fail(`expected ${what}`);
    this.at++;
  }

  /** True when the container goes on; false when `close` ended it. */
  hasNext(close: number): boolean {
    const byte = this.peek();
    if (byte !== COMMA && byte !== close) this.fail("expected ',' or the end of a list");
    this.at++;
    return byte === COMMA;
  }

  /** Passes `close` when it comes next: an empty container. */
  isEmpty(close: number): boolean {
    if (this.peek() !== close) return false;
    this.at++;
    return true;
  }

  /** A string; `at` stands on its opening quote. */
  string(): void {
    const bytes = this.bytes;
    let at = this.at + 1;
    this.textStart = at;
    this.hasEscapes = false;
    for (;;) {
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte === undefined || byte < SPACE) {
        this.at = at;
        this.fail(byte === undefined ? 'a string does not end' : 'a control character in a string');
      }
      if (byte === BACKSLASH) at = this.#escape(at);
      else at++;
    }
    this.textEnd = at;
    this.at = at + 1;
  }

  #escape(at: number): number {
    this.hasEscapes = true;
    const byte = this.bytes[at + 1];
    if (byte !== undefined && SIMPLE_ESCAPES.has(byte)) return at + 2;
    if (byte === LOWER_U && isHex(this.bytes, at + 2, at + 6)) return at + 6;
    this.at = at;
    return this.fail('no such escape in a string');
  }

  /** A number, checked against the grammar; the token is `bytes[start, at)`. */
  number(): void {
    if (this.bytes[this.at] === MINUS) this.at++;
    if (this.bytes[this.at] === ZERO) this.at++;
    else this.#digits();
    if (this.bytes[this.at] === POINT) {
      this.at++;
      this.#digits();
    }
    const byte = this.bytes[this.at];
    if (byte !== LOWER_E && byte !== UPPER_E) return;
    this.at++;
    const sign = this.bytes[this.at];
    if (sign === PLUS || sign === MINUS) this.at++;
    this.#digits();
  }

  #digits(): void {
    const bytes = this.bytes;
    const start = this.at;
    let at = start;
    let byte = bytes[at];
    while (byte !== undefined && byte >= ZERO && byte <= NINE) byte = bytes[++at];
    this.at = at;
    if (at === start) this.fail('expected a digit');
  }

  literal(name: keyof typeof LITERALS): void {
    const word = LITERALS[name];
    for (const byte of word) {
      if (this.bytes[this.at] !== byte) this.fail(`expected ${name}`);
      this.at++;
    }
  }

  /** Passes any value, checking its grammar, without recursion. */
  skipValue(): void {
    const closers: number[] = [];
    do {
      const byte = this.peek();
      const isContainer = byte === OPEN_OBJECT || byte === OPEN_ARRAY;
      if (isContainer && this.#enter(byte, closers)) continue;
      if (!isContainer) this.#skipScalar(byte);
      this.#leaveEnded(closers);
    } while (closers.length > 0);
  }

  /** Stands before the first value of a container; false when it is empty, and passed. */
  #enter(opener: number, closers: number[]): boolean {
    // In ASCII, '}' and ']' stand two behind '{' and '['.
    const closer = opener + 2;
    this.at++;
    if (this.isEmpty(closer)) return false;
    if (closers.length >= MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH} levels`);
    closers.push(closer);
    if (opener === OPEN_OBJECT) this.#key();
    return true;
  }

  /** After a value: passes ',' (and the next key) or every end that follows. */
  #leaveEnded(closers: number[]): void {
    let closer = closers.at(-1);
    while (closer !== undefined) {
      if (this.hasNext(closer)) {
        if (closer === CLOSE_OBJECT) this.#key();
        return;
      }
      closers.pop();
      closer = closers.at(-1);
    }
  }

  #key(): void {
    if (this.peek() !== QUOTE) this.fail('expected a key');
    this.string();
    this.expect(COLON, "':'");
  }

  #skipScalar(byte: number): void {
    if (byte === QUOTE) this.string();
    else if (byte === 0x74) this.literal('true');
    else if (byte === 0x66) this.literal('false');
    else if (byte === 0x6e) this.literal('null');
    else if (byte === MINUS || (byte >= ZERO && byte <= NINE)) this.number();
    else this.fail(byte === END ? 'the text ends inside a value' : 'expected a value');
  }
}

export function isHex(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (hexDigit(bytes[at]) < 0) return false;
  }
  return true;
}

/** 0–15, or -1 for what is no hex digit. */
export function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= ZERO && byte <= NINE) return byte - ZERO;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
