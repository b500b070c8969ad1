import { z } from 'zod';
import { type AdminHandler, jsonAnswer, refusal } from '#lab/xds/admin-http.ts';
import type { LoadGenerator } from './load-generator.ts';

const Seed = z.object({ seed: z.number().int().nonnegative() });
const Rate = z.object({ rps: z.number().min(0).max(10_000) });
/** Enough to see a change; the whole hour can be had by `GET /seconds`. */
const RECENT_SECONDS = 30;

/** GET / (counts, the last seconds) · GET /seconds (the last hour) · POST /rate {rps} · POST /seed {seed} */
export function createLoadHandler(load: LoadGenerator, now: () => number): AdminHandler {
  return ({ method, segments, body }) => {
    switch (`${method} ${segments.join('/')}`) {
      case 'GET ':
        return jsonAnswer(load.report(now() / 1000 - RECENT_SECONDS));
      case 'GET seconds':
        return jsonAnswer(load.report(0));
      case 'POST rate': {
        const parsed = Rate.safeParse(body);
        if (!parsed.success) return refusal('give {"rps":20}, 0 to 10000');
        load.setRate(parsed.data.rps);
        return jsonAnswer(parsed.data);
      }
      case 'POST seed': {
        const parsed = Seed.safeParse(body);
        if (!parsed.success) return refusal('give {"seed":1}');
        load.reseed(parsed.data.seed);
        return jsonAnswer(parsed.data);
      }
      default:
        return refusal('no such resource: GET /, GET /seconds, POST /rate, POST /seed', 404);
    }
  };
}
