import { z } from 'zod';
import { ask } from './ask.ts';

const LoadReport = z.object({
  defaultRequestsPerSecond: z.number(),
  seconds: z.array(
    z.object({
      second: z.number(),
      ok: z.number(),
      failed: z.number(),
      loggedOut: z.number(),
      notSent: z.number(),
    }),
  ),
});

export type LoadSecond = z.infer<typeof LoadReport>['seconds'][number];

/** The users of the lab, by the load generator's admin API. */
export class LoadClient {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async reseed(seed: number): Promise<void> {
    await ask('POST', `${this.#url}/seed`, { seed });
  }

  async readSeconds(fromSecond: number): Promise<readonly LoadSecond[]> {
    const report = LoadReport.parse(await ask('GET', `${this.#url}/seconds`));
    return report.seconds.filter(({ second }) => second >= fromSecond);
  }

  /** Times the rate that it was started with. */
  async scale(factor: number): Promise<void> {
    const { defaultRequestsPerSecond } = LoadReport.parse(await ask('GET', `${this.#url}/`));
    await ask('POST', `${this.#url}/rate`, { rps: defaultRequestsPerSecond * factor });
  }

  async resizeHerd(streams: number): Promise<void> {
    await ask('POST', `${this.#url}/herd`, { streams });
  }
}
