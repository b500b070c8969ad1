import { z } from 'zod';
import { ask } from './ask.ts';
import type { Signal } from './scenario.ts';

const Processes = z.object({
  processes: z.array(z.object({ name: z.string(), state: z.string() })),
});

const STATE_LIMIT_MS = 30_000;
const POLL_MS = 50;

/** Starts and ends the lab's processes through their supervisor, which knows that it was meant. */
export class SupervisorClient {
  readonly #url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  async processes(): Promise<z.infer<typeof Processes>['processes']> {
    return Processes.parse(await this.#ask('GET', '/processes')).processes;
  }

  /** Resolves when the process has ended, where the signal ends it. */
  async signal(process: string, signal: Signal): Promise<void> {
    await this.#ask('POST', `/processes/${process}/signal`, { signal, expected: true });
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await this.until(process, 'stopped');
  }

  /** Resolves when the process is ready. */
  async start(process: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#ask('POST', `/processes/${process}/start`, { env });
  }

  async until(name: string, state: string): Promise<void> {
    const endMs = Date.now() + STATE_LIMIT_MS;
    while (Date.now() < endMs) {
      const found = (await this.processes()).find((process) => process.name === name);
      if (found?.state === state) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`${name} is not ${state} after ${STATE_LIMIT_MS} ms`);
  }

  #ask(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    return ask(method, `${this.#url}${path}`, body, { authorization: `Bearer ${this.#token}` });
  }
}
