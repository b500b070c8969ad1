import type { Context } from '@opentelemetry/api';
import type { CallService, ServiceReply } from './call-service.ts';
import type { HttpRoute } from './http-service.ts';
import type { ServiceTime } from './service-time.ts';

/** What a service of the lab may use; each is a function of its host, so that the service is only its story. */
export interface ServiceTools {
  readonly call: CallService;
  /** Works for a while, as real handlers do. */
  readonly work: (time: ServiceTime) => Promise<void>;
}

export type BuildService = (tools: ServiceTools) => readonly HttpRoute[];

/** The replies of several services, asked at once; the first that failed decides what the caller is told. */
export async function callAll(
  call: CallService,
  wanted: readonly (readonly [service: string, path: string])[],
  context: Context,
): Promise<readonly unknown[] | { readonly failure: ServiceReply }> {
  const replies = await Promise.all(
    wanted.map(async ([service, path]) => ({ service, reply: await call(service, path, context) })),
  );
  const failed = replies.find(({ reply }) => reply.status >= 400);
  return failed
    ? { failure: toFailure(failed.service, failed.reply) }
    : replies.map(({ reply }) => reply.body);
}

/** A caller cannot mend what is behind its callee: 404 stays 404, everything else is 503. */
export function toFailure(service: string, reply: ServiceReply): ServiceReply {
  return {
    status: reply.status === 404 ? 404 : 503,
    body: { error: `${service} answered ${reply.status}`, cause: reply.body },
  };
}
