import { hashBytes } from './hash-bytes.ts';
import { MalformedOtlp } from './wire-reader.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Past this many a new table is begun, so that names made of ids do not fill the memory. */
const LIMIT = 50_000;
/** A power of two, so many that few strings meet. */
const SLOTS = 131_072;

/** Strings that repeat (names, services), each decoded once and known by a number. */
export class StringTable {
  readonly strings: string[] = [];
  readonly #bytes: DataView[] = [];
  /** Open addressing by hash: the number of a string and one, or zero. */
  readonly #slots = new Int32Array(SLOTS);

  get isFull(): boolean {
    return this.strings.length >= LIMIT;
  }

  /** The number of the string at `from`…`to`. Throws when that is no UTF-8. */
  intern(bytes: Uint8Array, view: DataView, from: number, to: number): number {
    let slot = hashBytes(bytes, view, from, to, 0) & (SLOTS - 1);
    for (;;) {
      const held = this.#slots[slot] as number;
      if (held === 0) break;
      if (sameBytes(this.#bytes[held - 1] as DataView, view, from, to)) return held - 1;
      slot = (slot + 1) & (SLOTS - 1);
    }
    const id = this.strings.length;
    this.strings.push(decodeUtf8(bytes, from, to));
    // A copy: a view would keep the whole request in memory.
    this.#bytes.push(new DataView(Uint8Array.from(bytes.subarray(from, to)).buffer));
    this.#slots[slot] = id + 1;
    return id;
  }
}

/** Throws on bytes that are no UTF-8, which proto3 forbids in strings. */
export function decodeUtf8(bytes: Uint8Array, from: number, to: number): string {
  if (from === to) return '';
  try {
    return UTF8.decode(bytes.subarray(from, to));
  } catch (error) {
    throw new MalformedOtlp('a string is not UTF-8', { cause: error });
  }
}

/** Cheap for ASCII, which nearly all strings are, four bytes a step: only for the others is a decoder asked. */
export function checkUtf8(bytes: Uint8Array, view: DataView, from: number, to: number): void {
  let seen = 0;
  let at = from;
  for (; at + 4 <= to; at += 4) seen |= view.getInt32(at, true);
  for (; at < to; at++) seen |= bytes[at] as number;
  if ((seen & 0x80808080) !== 0) decodeUtf8(bytes, from, to);
}

function sameBytes(known: DataView, view: DataView, from: number, to: number): boolean {
  const length = known.byteLength;
  if (length !== to - from) return false;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    if (known.getInt32(i) !== view.getInt32(from + i)) return false;
  }
  for (; i < length; i++) if (known.getUint8(i) !== view.getUint8(from + i)) return false;
  return true;
}
