import type { ProtobufWriter } from './protobuf-writer.ts';

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const REPLACEMENT = 0xfffd;

/** What the letter after a backslash stands for, RFC 8259 §7. */
const ESCAPES: ReadonlyMap<number, number> = new Map(
  [...'"\\/bfnrt'].map((letter, i) => [letter.charCodeAt(0), '"\\/\b\f\n\r\t'.charCodeAt(i)]),
);

/**
 * A JSON string with escapes, `bytes[start, end)` between its quotes and known to be well formed, as a length and UTF-8.
 * Half of a surrogate pair alone, which JavaScript's exporters can send and UTF-8 cannot hold, becomes U+FFFD.
 */
export function writeUnescaped(
  out: ProtobufWriter,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  const width = end - start < 0x80 ? 1 : 2;
  const mark = out.openLength(width);
  let at = start;
  while (at < end) {
    const plainStart = at;
    while (at < end && bytes[at] !== BACKSLASH) at++;
    out.raw(bytes, plainStart, at);
    if (at < end) at = writeEscape(out, bytes, at);
  }
  out.closeLength(mark, width);
}

/** Writes the character whose backslash stands at `at`; returns where the next one begins. */
function writeEscape(out: ProtobufWriter, bytes: Buffer, at: number): number {
  const letter = bytes[at + 1] ?? 0;
  if (letter !== LETTER_U) {
    out.byte(ESCAPES.get(letter) ?? letter);
    return at + 2;
  }
  const unit = codeUnit(bytes, at);
  if (unit < 0xd800 || unit > 0xdfff) {
    writeUtf8(out, unit);
    return at + 6;
  }
  const next = unit < 0xdc00 ? codeUnit(bytes, at + 6) : -1;
  if (next < 0xdc00 || next > 0xdfff) {
    writeUtf8(out, REPLACEMENT);
    return at + 6;
  }
  writeUtf8(out, 0x1_0000 + ((unit - 0xd800) << 10) + (next - 0xdc00));
  return at + 12;
}

/** Of `\uXXXX` at `at`; -1 when there is none. */
function codeUnit(bytes: Buffer, at: number): number {
  if (bytes[at] !== BACKSLASH || bytes[at + 1] !== LETTER_U) return -1;
  return Number.parseInt(bytes.toString('latin1', at + 2, at + 6), 16);
}

function writeUtf8(out: ProtobufWriter, point: number): void {
  const character = Buffer.from(String.fromCodePoint(point));
  out.raw(character, 0, character.length);
}
