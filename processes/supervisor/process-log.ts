import { appendFileSync, renameSync, rmSync, statSync } from 'node:fs';

const MAX_BYTES = 8 * 1024 * 1024;
const MAX_LINE = 4000;

/**
 * What the processes said beside being ready, in one file, a line each: time, process, words. When the file is full it
 * stays beside its successor as `….1`. A disk that takes nothing more costs the log and nothing else.
 */
export class ProcessLog {
  readonly file: string;
  readonly #maxBytes: number;
  #bytes: number;

  constructor(file: string, maxBytes = MAX_BYTES) {
    this.file = file;
    this.#maxBytes = maxBytes;
    this.#bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  }

  write(name: string, said: string): void {
    const line = `${new Date().toISOString()} ${name} ${said.slice(0, MAX_LINE)}\n`;
    try {
      if (this.#bytes > this.#maxBytes) this.#turn();
      appendFileSync(this.file, line, { mode: 0o600 });
      this.#bytes += line.length;
    } catch {
      // Nobody is left to tell.
    }
  }

  #turn(): void {
    rmSync(`${this.file}.1`, { force: true });
    renameSync(this.file, `${this.file}.1`);
    this.#bytes = 0;
  }
}
