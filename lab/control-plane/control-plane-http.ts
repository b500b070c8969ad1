import { z } from 'zod';
import type { AnyAdsStream } from '#lab/control-plane/ads-stream.ts';
import type { ControlPlane, Publication } from '#lab/control-plane/control-plane.ts';
import { faultSchema } from '#lab/control-plane/faults.ts';
import type { LoadReports } from '#lab/control-plane/load-reports.ts';
import { policySchema } from '#lab/control-plane/policy.ts';
import { countResources } from '#lab/control-plane/view.ts';
import {
  type AdminAnswer,
  type AdminHandler,
  type AdminRequest,
  jsonAnswer,
  refusal,
} from '#lab/xds/admin-http.ts';
import { XDS_TYPES } from '#telemetry/xds-type.ts';

const releaseSchema = z.strictObject({
  release: z.string().min(1).max(100),
  drop: z.array(z.string().min(1).max(100)).max(1000).default([]),
  /** Passes the drop guard. */
  confirm: z.boolean().default(false),
});
const rollbackSchema = z
  .strictObject({ touched: z.boolean().default(false) })
  .default({ touched: false });

/** GET /state, GET /loads, POST /releases, POST /rollback, POST and DELETE /faults, POST /faults/end (one of them), PUT /policy, POST /confirm. */
export function controlPlaneHandler(
  controlPlane: ControlPlane,
  ads: { readonly streams: Iterable<AnyAdsStream>; readonly loads: LoadReports },
): AdminHandler {
  const routes: Readonly<Record<string, (request: AdminRequest) => AdminAnswer>> = {
    'GET state': () => jsonAnswer(describe(controlPlane, ads.streams)),
    'GET loads': () => jsonAnswer({ loads: ads.loads.rows() }),
    'POST releases': ({ body }) =>
      withBody(releaseSchema, body, ({ release, drop, confirm }) =>
        toAnswer(controlPlane.rollOut(release, drop, confirm)),
      ),
    'POST rollback': ({ body }) =>
      withBody(rollbackSchema, body, ({ touched }) => {
        const publication = controlPlane.rollBack(touched);
        return publication === undefined
          ? refusal('there is no release to go back to', 409)
          : toAnswer(publication);
      }),
    'POST faults': ({ body }) =>
      withBody(faultSchema, body, (fault) => toAnswer(controlPlane.addFault(fault))),
    'POST faults/end': ({ body }) =>
      withBody(faultSchema, body, (fault) => toAnswer(controlPlane.endFault(fault))),
    'DELETE faults': () => toAnswer(controlPlane.clearFaults()),
    'PUT policy': ({ body }) =>
      withBody(policySchema, body, (policy) => toAnswer(controlPlane.obey(policy))),
    'POST confirm': () => toAnswer(controlPlane.confirm()),
  };
  return (request) => {
    const route = routes[`${request.method} ${request.segments.join('/')}`];
    return route === undefined
      ? refusal(`no such call; there are: ${Object.keys(routes).join(', ')}`, 404)
      : route(request);
  };
}

function withBody<T>(
  schema: z.ZodType<T>,
  body: unknown,
  answer: (value: T) => AdminAnswer,
): AdminAnswer {
  const parsed = schema.safeParse(body);
  return parsed.success ? answer(parsed.data) : refusal(z.prettifyError(parsed.error));
}

function toAnswer(publication: Publication): AdminAnswer {
  switch (publication.kind) {
    case 'published':
      return jsonAnswer({
        kind: 'published',
        version: `${publication.snapshot.version}`,
        release: publication.snapshot.release,
        resources: countResources(publication.snapshot.proxyless),
      });
    case 'unchanged':
      return jsonAnswer({ kind: 'unchanged' });
    case 'refused':
      return jsonAnswer(
        { kind: 'refused', error: publication.reasons.join('; '), reasons: publication.reasons },
        409,
      );
  }
}

function describe(controlPlane: ControlPlane, streams: Iterable<AnyAdsStream>): object {
  const { snapshot } = controlPlane;
  return {
    identifier: controlPlane.identifier,
    version: snapshot === undefined ? null : `${snapshot.version}`,
    release: snapshot?.release ?? null,
    publishedUnixMs: snapshot?.publishedUnixMs ?? null,
    types: Object.fromEntries(
      XDS_TYPES.flatMap((type) => {
        const view = snapshot?.proxyless[type];
        return view === undefined
          ? []
          : [[type, { version: `${view.version}`, names: [...view.entries.keys()] }]];
      }),
    ),
    services: snapshot?.services ?? [],
    dropped: [...controlPlane.dropped],
    faults: controlPlane.faults,
    policy: controlPlane.policy,
    refused: controlPlane.refusal,
    clients: [...streams].map((stream) => ({
      stream: stream.id,
      id: stream.node?.id ?? null,
      cluster: stream.node?.cluster ?? null,
      kind: stream.node?.user_agent_name ?? null,
      dialect: stream.dialect,
      peer: stream.peer,
      openedUnixMs: stream.openedUnixMs,
      types: stream.status(),
    })),
  };
}
