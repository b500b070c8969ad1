import { OverloadedError } from './export-refusal.ts';

/**
 * How many bytes of request bodies may be in memory at once, over all connections and transports. A slow or dead
 * database then fills the budget and no more; clients are told to come back.
 */
export class ByteBudget {
  readonly limitBytes: number;
  #inFlightBytes = 0;
  #peakBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** Whether `bytes` more would fit now; promises nothing. */
  hasRoomFor(bytes: number): boolean {
    return this.#inFlightBytes + bytes <= this.limitBytes;
  }

  /** The share of one request, empty at first. */
  open(): ByteShare {
    return new ByteShare((bytes) => this.#take(bytes));
  }

  #take(bytes: number): void {
    if (bytes > 0 && !this.hasRoomFor(bytes)) throw new OverloadedError();
    this.#inFlightBytes += bytes;
    if (this.#inFlightBytes > this.#peakBytes) this.#peakBytes = this.#inFlightBytes;
  }
}

/** What one request holds of the budget. */
export class ByteShare {
  readonly #take: (bytes: number) => void;
  #bytes = 0;

  constructor(take: (bytes: number) => void) {
    this.#take = take;
  }

  /** Throws OverloadedError, with nothing taken, when there is no room. */
  add(bytes: number): void {
    this.#take(bytes);
    this.#bytes += bytes;
  }

  /** Gives back what is freed before the request ends. */
  free(bytes: number): void {
    this.add(-Math.min(bytes, this.#bytes));
  }

  /** Gives everything back. Calling it again does nothing. */
  release(): void {
    this.free(this.#bytes);
  }
}
