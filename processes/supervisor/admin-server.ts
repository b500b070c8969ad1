import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import type { ManagedProcess } from './managed-process.ts';

const Signal = z.object({
  signal: z.enum(['SIGKILL', 'SIGTERM', 'SIGSTOP', 'SIGCONT']),
  expected: z.boolean().default(false),
});
const Start = z.object({ env: z.record(z.string(), z.string()).default({}) });
const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * What the lab's scenarios ask of the supervisor: which processes run, a signal to one, a start. Loopback only, and only
 * with the token that the scenario runner was given, so that no page in a browser can reach it.
 *
 *   GET /processes · POST /processes/NAME/signal {signal, expected} · POST /processes/NAME/start {env}
 */
export function createAdminServer(
  token: () => string,
  processes: () => ReadonlyMap<string, ManagedProcess>,
): Server {
  return createServer((request, response) => {
    answer(request, token(), processes()).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => send(response, 400, { error: String(error) }),
    );
  });
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function answer(
  request: IncomingMessage,
  token: string,
  processes: ReadonlyMap<string, ManagedProcess>,
): Promise<Answer> {
  if (!isAuthorised(request, token)) return { status: 401, body: { error: 'wrong token' } };
  const [, collection, name, action] = (request.url ?? '').split('/');
  if (collection !== 'processes') return { status: 404, body: { error: 'no such resource' } };
  if (name === undefined) {
    return { status: 200, body: { processes: [...processes.values()].map((p) => p.describe()) } };
  }
  const target = processes.get(decodeURIComponent(name));
  if (!target) return { status: 404, body: { error: `no process is called ${name}` } };
  const body = await readJson(request);
  if (action === 'signal') {
    const { signal, expected } = Signal.parse(body);
    const sent = target.signal(signal, expected);
    return sent
      ? { status: 200, body: target.describe() }
      : { status: 409, body: { error: `${name} does not run` } };
  }
  if (action === 'start') {
    await target.start(Start.parse(body).env);
    return { status: 200, body: target.describe() };
  }
  return { status: 404, body: { error: `no action is called ${action}` } };
}

function isAuthorised(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) throw new Error('the body is too large');
    chunks.push(chunk);
  }
  return size === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
