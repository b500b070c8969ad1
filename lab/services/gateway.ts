import type { Context } from '@opentelemetry/api';
import { z } from 'zod';
import type { CallService, ServiceReply } from './call-service.ts';
import type { HttpRoute } from './http-service.ts';
import type { LoginClient } from './login-client.ts';
import { type ServiceTools, toFailure } from './sample-service.ts';
import type { Sessions } from './sessions.ts';

const Login = z.object({ user: z.string().min(1).max(100) });
const SwitchLogin = z.object({
  mode: z.enum(['xds', 'dns']),
  /** True: throw the kept xDS channel away and open a new one. */
  fresh: z.boolean().default(false),
});

/**
 * The users' way in. Pages come from the services through the sidecar; logging in goes to `login` by proxyless gRPC.
 * Playlists belong to somebody, so they need a session; the other pages are open to all.
 */
export function buildGateway(
  tools: ServiceTools,
  login: LoginClient,
  sessions: Sessions,
): readonly HttpRoute[] {
  const { call, work } = tools;
  const page = (service: string): HttpRoute => ({
    method: 'GET',
    path: `/${service}/{id}`,
    handle: async ({ id, context }) => {
      await work({ medianMs: 1.5, spread: 0.3 });
      return getPage(call, service, id, context);
    },
  });
  return [
    page('song'),
    page('artist'),
    page('image'),
    {
      method: 'GET',
      path: '/playlist/{id}',
      handle: async ({ id, headers, context }) => {
        await work({ medianMs: 1.5, spread: 0.3 });
        if (!sessions.isOpen(bearerToken(headers.authorization))) {
          return { status: 401, body: { error: 'logged out' } };
        }
        return getPage(call, 'playlist', id, context);
      },
    },
    {
      method: 'POST',
      path: '/login',
      handle: async ({ body, context }) => {
        const parsed = Login.safeParse(readJson(body));
        if (!parsed.success) return { status: 400, body: { error: 'give {"user":"…"}' } };
        await work({ medianMs: 1.5, spread: 0.3 });
        const answer = await login.logIn(parsed.data.user, context);
        if (answer.kind === 'failed') {
          return { status: 503, body: { error: 'login failed', message: answer.message } };
        }
        const token = sessions.open(answer.sessionMs);
        return { status: 200, body: { token, sessionMs: answer.sessionMs } };
      },
    },
    {
      method: 'GET',
      path: '/-/routing',
      isTraced: false,
      handle: async () => ({ status: 200, body: login.state() }),
    },
    {
      method: 'POST',
      path: '/-/routing',
      isTraced: false,
      handle: async ({ body }) => {
        const parsed = SwitchLogin.safeParse(readJson(body));
        if (!parsed.success) {
          return { status: 400, body: { error: 'give {"mode":"xds"|"dns","fresh":false}' } };
        }
        login.switchMode(parsed.data.mode, parsed.data.fresh);
        return { status: 200, body: login.state() };
      },
    },
  ];
}

async function getPage(
  call: CallService,
  service: string,
  id: string,
  context: Context,
): Promise<ServiceReply> {
  const reply = await call(service, `/${service}/${id}`, context);
  return reply.status >= 400 ? toFailure(service, reply) : { status: 200, body: reply.body };
}

function bearerToken(authorization: string | undefined): string | undefined {
  return authorization?.startsWith('Bearer ') ? authorization.slice('Bearer '.length) : undefined;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
