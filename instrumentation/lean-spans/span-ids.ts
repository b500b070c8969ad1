import { randomFillSync } from 'node:crypto';
import type { tracing } from '@opentelemetry/sdk-node';

const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;
const DRAWN_BYTES = 4096;

/** Random ids, drawn many at a time: one call for each would cost more than the rest of a span's beginning. */
export class DrawnIds implements tracing.IdGenerator {
  readonly #bytes = Buffer.alloc(DRAWN_BYTES);
  #digits = '';
  #at = 0;

  readonly generateTraceId = (): string => this.#take(TRACE_DIGITS);

  readonly generateSpanId = (): string => this.#take(SPAN_DIGITS);

  #take(count: number): string {
    if (this.#at + count > this.#digits.length) {
      this.#digits = randomFillSync(this.#bytes).toString('hex');
      this.#at = 0;
    }
    this.#at += count;
    return this.#digits.slice(this.#at - count, this.#at);
  }
}
