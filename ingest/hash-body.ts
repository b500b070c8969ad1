import { createHash } from 'node:crypto';
import type { OtlpSignal } from './otlp-signal.ts';

/** So that a body that comes again is known again; 16 bytes leave no chance for two bodies to meet. */
const HASH_BYTES = 16;

/** Of the content: the same request repeated, compressed or not, has the same. */
export function hashBody(signal: OtlpSignal, body: Uint8Array): Uint8Array {
  return createHash('sha256').update(signal).update(body).digest().subarray(0, HASH_BYTES);
}
