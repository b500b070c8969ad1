/** Smaller ones cost less to make than to keep. */
const MIN_BYTES = 64 * 1024;
/** Larger ones are rare, and would hold what many usual ones need. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Buffers that are used again. V8 counts what buffers hold outside its heap, and marks the whole heap each time that
 * 64 MB more are held (kExternalAllocationSoftLimit in heap.h), freed or not: at 80,000 spans a second that is several
 * times a second, and costs as much as decoding.
 */
export class BytePool {
  readonly #free = new Map<number, Buffer[]>();
  readonly #limitBytes: number;
  #keptBytes = 0;

  /** At most `limitBytes` are kept for later. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** At least `bytes` long, with whatever it held before. */
  take(bytes: number): Buffer {
    const size = sizeFor(bytes);
    const kept = this.#free.get(size)?.pop();
    if (kept === undefined) return Buffer.allocUnsafeSlow(size);
    this.#keptBytes -= size;
    return kept;
  }

  /** Nobody may read or write it any more. Only what `take` returned, and once. */
  give(buffer: Buffer): void {
    const size = buffer.length;
    const isOurs = size >= MIN_BYTES && size <= MAX_BYTES;
    if (!isOurs || this.#keptBytes + size > this.#limitBytes) return;
    this.#keptBytes += size;
    const list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, [buffer]);
    else list.push(buffer);
  }
}

/** Powers of two, so that one size serves many. */
function sizeFor(bytes: number): number {
  if (bytes > MAX_BYTES) return bytes;
  let size = MIN_BYTES;
  while (size < bytes) size *= 2;
  return size;
}
