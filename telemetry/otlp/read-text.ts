import { decodeUtf8 } from './string-table.ts';

/** Longer strings hardly repeat. */
const MAX_KEPT = 64;
const SLOTS = 4096;

/** The string last seen in each slot: keys, methods, routes and hosts come again with every span. */
const kept: string[] = new Array<string>(SLOTS).fill('');

/**
 * The UTF-8 text at `from`…`to`; throws when it is none. What was read just before is the same string again, so that a
 * trace of 100,000 spans holds each of its keys and routes once.
 */
export function readText(bytes: Uint8Array, from: number, to: number): string {
  if (to - from > MAX_KEPT) return decodeUtf8(bytes, from, to);
  let hash = to - from;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte > 127) return decodeUtf8(bytes, from, to);
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  const slot = (hash ^ (hash >>> 13)) & (SLOTS - 1);
  const held = kept[slot] as string;
  if (isSame(held, bytes, from, to)) return held;
  const text = decodeUtf8(bytes, from, to);
  kept[slot] = text;
  return text;
}

function isSame(text: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (text.length !== to - from) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false;
  return true;
}

const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/** Lower-case hex digits of the bytes at `from`…`to`. */
export function readHex(bytes: Uint8Array, from: number, to: number): string {
  const codes: number[] = [];
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    codes.push(DIGITS[byte >> 4] as number, DIGITS[byte & 15] as number);
  }
  return String.fromCharCode(...codes);
}
