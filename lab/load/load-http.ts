import { z } from 'zod';
import {
  type AdminAnswer,
  type AdminHandler,
  type AdminRequest,
  jsonAnswer,
  refusal,
} from '#lab/xds/admin-http.ts';
import type { Herd } from './herd.ts';
import type { LoadGenerator } from './load-generator.ts';

const Rate = z.object({ rps: z.number().min(0).max(10_000) });
const Seed = z.object({ seed: z.number().int().nonnegative() });
const HerdSize = z.object({ streams: z.number().int().min(0).max(4000) });
/** Enough to see a change; the whole hour can be had by `GET /seconds`. */
const RECENT_SECONDS = 30;
const NO_HERD = { total: 0, connected: 0 };

type Route = (request: AdminRequest) => AdminAnswer | Promise<AdminAnswer>;

/**
 * GET / (counts, the last seconds) · GET /seconds (the last hour) · POST /rate {rps} · POST /seed {seed} ·
 * GET and POST /herd {streams}
 */
export function createLoadHandler(
  load: LoadGenerator,
  openHerd: () => Promise<Herd>,
  now: () => number,
): AdminHandler {
  let herd: Herd | undefined;
  const resizeHerd = async (streams: number): Promise<AdminAnswer> => {
    if (!herd && streams === 0) return jsonAnswer(NO_HERD);
    herd ??= await openHerd();
    herd.resize(streams);
    return jsonAnswer(herd.counts());
  };
  const routes: Readonly<Record<string, Route>> = {
    'GET ': () => jsonAnswer(load.report(now() / 1000 - RECENT_SECONDS)),
    'GET seconds': () => jsonAnswer(load.report(0)),
    'POST rate': ({ body }) =>
      withBody(Rate, body, ({ rps }) => {
        load.setRate(rps);
        return jsonAnswer({ rps });
      }),
    'POST seed': ({ body }) =>
      withBody(Seed, body, ({ seed }) => {
        load.reseed(seed);
        return jsonAnswer({ seed });
      }),
    'GET herd': () => jsonAnswer(herd?.counts() ?? NO_HERD),
    'POST herd': ({ body }) => withBody(HerdSize, body, ({ streams }) => resizeHerd(streams)),
  };
  return (request) => {
    const route = routes[`${request.method} ${request.segments.join('/')}`];
    return (
      route?.(request) ?? refusal(`no such call; there are: ${Object.keys(routes).join(', ')}`, 404)
    );
  };
}

function withBody<T>(
  schema: z.ZodType<T>,
  body: unknown,
  answer: (value: T) => AdminAnswer | Promise<AdminAnswer>,
): AdminAnswer | Promise<AdminAnswer> {
  const parsed = schema.safeParse(body);
  return parsed.success ? answer(parsed.data) : refusal(z.prettifyError(parsed.error));
}
