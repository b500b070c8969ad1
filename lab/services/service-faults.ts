import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { HttpRoute, ServiceRequest } from './http-service.ts';
import { drawServiceTimeMs, type ServiceTime } from './service-time.ts';

const Faults = z.object({
  /** Added to the time of every handler. */
  extraMs: z.number().min(0).max(60_000).default(0),
  /** Share of requests answered with 500, 0..1. */
  errorRatio: z.number().min(0).max(1).default(0),
});

/** What a scenario does to one instance from inside: makes it slow, or makes it fail. */
export class ServiceFaults {
  readonly #roll: () => number;
  #faults: z.infer<typeof Faults> = { extraMs: 0, errorRatio: 0 };

  constructor(roll: () => number) {
    this.#roll = roll;
  }

  readonly work = async (time: ServiceTime): Promise<void> => {
    await sleep(drawServiceTimeMs(time, this.#roll) + this.#faults.extraMs);
  };

  /** `routes` with the errors put in, and the routes that tell and set the faults. */
  apply(routes: readonly HttpRoute[]): readonly HttpRoute[] {
    return [...routes.map((route) => this.#withErrors(route)), ...this.#adminRoutes()];
  }

  #withErrors(route: HttpRoute): HttpRoute {
    if (route.isTraced === false) return route;
    const handle = async (request: ServiceRequest) => {
      if (this.#faults.errorRatio > this.#roll()) {
        return { status: 500, body: { error: 'out of order' } };
      }
      return route.handle(request);
    };
    return { ...route, handle };
  }

  #adminRoutes(): readonly HttpRoute[] {
    const at = { path: '/-/faults', isTraced: false } as const;
    return [
      { ...at, method: 'GET', handle: async () => ({ status: 200, body: this.#faults }) },
      {
        ...at,
        method: 'POST',
        handle: async ({ body }) => {
          const parsed = Faults.safeParse(JSON.parse(body === '' ? '{}' : body));
          if (!parsed.success) {
            return { status: 400, body: { error: 'give {"extraMs":0,"errorRatio":0}' } };
          }
          this.#faults = parsed.data;
          return { status: 200, body: parsed.data };
        },
      },
    ];
  }
}
