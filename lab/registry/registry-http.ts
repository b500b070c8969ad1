import { z } from 'zod';
import { type Registry, registrationSchema } from '#lab/registry/registry.ts';
import {
  type AdminAnswer,
  type AdminHandler,
  type AdminRequest,
  jsonAnswer,
  refusal,
} from '#lab/xds/admin-http.ts';

/** PUT and DELETE /instances/<id>, GET /instances, GET /watch. */
export function registryHandler(registry: Registry): AdminHandler {
  return (request) => {
    const { method, segments } = request;
    const [root, id, rest] = segments;
    if (root === 'watch' && method === 'GET' && id === undefined)
      return { kind: 'lines', start: (writeLine) => registry.watch(writeLine) };
    if (root !== 'instances' || rest !== undefined)
      return refusal(`no such path: /${segments.join('/')}`, 404);
    if (id === undefined)
      return method === 'GET' ? jsonAnswer(registry.catalogue()) : refusal('use GET', 405);
    return answerInstance(registry, request, id);
  };
}

function answerInstance(registry: Registry, request: AdminRequest, id: string): AdminAnswer {
  if (request.method === 'DELETE')
    return registry.delete(id) ? jsonAnswer({ id }) : refusal(`${id} is not registered`, 404);
  if (request.method !== 'PUT') return refusal('use PUT or DELETE', 405);
  const registration = registrationSchema.safeParse(request.body);
  if (!registration.success) return refusal(z.prettifyError(registration.error));
  return registry.put(id, registration.data)
    ? jsonAnswer({ id })
    : refusal('the registry is full', 507);
}
