import { z } from 'zod';
import { type AdminHandler, jsonAnswer, refusal } from '#lab/xds/admin-http.ts';
import { XDS_TYPES } from '#telemetry/xds-type.ts';
import type { AdsClient } from './ads-client.ts';
import { reportXds } from './report-xds.ts';
import type { Routing } from './routing.ts';
import type { TypeCache } from './xds-cache.ts';

const SwitchMode = z.object({
  mode: z.enum(['xds', 'dns', 'static']),
  services: z.array(z.string().min(1)).max(1000).nullish(),
});

const Policy = z.object({
  onDeletion: z.enum(['drop', 'keep']).optional(),
  onOversize: z.enum(['refuse', 'crash']).optional(),
});

/** POST /policy {onDeletion, onOversize} · GET /healthz · GET /ready · GET /config_dump · GET and POST /routing {mode, services} */
export function createAdminHandler(client: AdsClient, routing: Routing): AdminHandler {
  return ({ method, segments, body }) => {
    switch (`${method} ${segments.join('/')}`) {
      case 'GET healthz':
        return jsonAnswer({ status: 'ok', connected: client.connected });
      case 'GET ready':
        return isReady(routing)
          ? jsonAnswer({ status: 'ready' })
          : refusal('not all upstream services have a route yet', 503);
      case 'GET config_dump':
        return jsonAnswer(dumpConfig(client, routing));
      case 'GET routing':
        return jsonAnswer({ modes: routing.modes() });
      case 'POST routing': {
        const parsed = SwitchMode.safeParse(body);
        if (!parsed.success) {
          return refusal(
            'give {"mode":"xds"|"dns"|"static","services":["song"]}; without services it holds for all',
          );
        }
        routing.switchMode(parsed.data.mode, parsed.data.services ?? undefined);
        return jsonAnswer({ modes: routing.modes() });
      }
      case 'POST policy': {
        const parsed = Policy.safeParse(body);
        if (!parsed.success)
          return refusal('give {"onDeletion":"drop"|"keep","onOversize":"refuse"|"crash"}');
        client.obey(parsed.data);
        return jsonAnswer({ onDeletion: client.onDeletion, onOversize: client.onOversize });
      }
      default:
        return refusal('no such resource: /healthz, /ready, /config_dump, /routing, /policy', 404);
    }
  };
}

/** Every service that is followed can be called. */
function isReady(routing: Routing): boolean {
  const routes = [...routing.table().routes.values()];
  return routes.length > 0 && routes.every(({ kind }) => kind === 'forward');
}

/** The client's own view, like CSDS (gRFC A40): what it was sent, what it holds, and how it routes with it. */
function dumpConfig(client: AdsClient, routing: Routing): unknown {
  const { routes, acceptedMs } = routing.table();
  return {
    controlPlane: client.controlPlane,
    onDeletion: client.onDeletion,
    acceptedAt: acceptedMs === undefined ? null : new Date(acceptedMs).toISOString(),
    ...reportXds(client),
    resources: Object.fromEntries(XDS_TYPES.map((type) => [type, dumpType(client.cache[type])])),
    modes: routing.modes(),
    routes: Object.fromEntries(routes),
  };
}

function dumpType(cache: TypeCache<unknown>): unknown {
  return Object.fromEntries(
    [...cache.resources].map(([name, resource]) => [
      name,
      resource.kind === 'held' ? resource.raw : resource.kind,
    ]),
  );
}
