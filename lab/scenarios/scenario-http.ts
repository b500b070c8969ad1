import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { isFromPage } from '#lab/xds/admin-http.ts';
import { SAFEGUARDS } from '#telemetry/safeguard.ts';
import type { FaultBoard } from './fault-board.ts';
import { LESSONS, type Lesson, USUAL_LESSONS } from './lessons.ts';
import type { Scenario } from './scenario.ts';
import type { Run } from './scenario-run.ts';
import type { ScenarioRunner } from './scenario-runner.ts';

const BODY_LIMIT_BYTES = 16 * 1024;
const HEARTBEAT_MS = 15_000;
const StartRun = z.object({
  scenario: z.string(),
  speed: z.number().positive().max(3600).optional(),
  seed: z.number().int().nonnegative().default(1),
  /** Exactly those that are to be in force. */
  lessons: z
    .array(z.enum(SAFEGUARDS))
    .transform((names) => [...new Set(names)])
    .default([...USUAL_LESSONS]),
});

const SetFault = z.object({
  id: z.string(),
  target: z.string().default(''),
  on: z.boolean(),
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/**
 * GET /scenarios · GET /lessons · GET /run · POST /runs {scenario, speed, seed, lessons} · POST /run/stop ·
 * POST /run/pause · POST /run/resume · GET /faults · POST /faults {id, target, on} · GET /runs/ID/log (JSON lines) ·
 * GET /events (server-sent events, the run at every change)
 */
export function createScenarioServer(
  runner: ScenarioRunner,
  scenarios: ReadonlyMap<string, Scenario>,
  board: FaultBoard,
): Server {
  const routes: Readonly<Record<string, Handler>> = {
    'GET /scenarios': (_, response) =>
      sendJson(response, 200, [...scenarios.values()].map(describe)),
    'GET /lessons': (_, response) =>
      sendJson(response, 200, [...LESSONS.values()].map(describeLesson)),
    'GET /run': (_, response) => sendJson(response, 200, runner.current() ?? null),
    'POST /runs': (request, response) => startRun(runner, scenarios, request, response),
    'POST /run/stop': async (_, response) => {
      await runner.stop();
      sendJson(response, 200, runner.current() ?? null);
    },
    'POST /run/pause': (_, response) => answerRun(response, runner.pause(), 'nothing is running'),
    'POST /run/resume': (_, response) => answerRun(response, runner.resume(), 'nothing is paused'),
    'GET /faults': async (_, response) => sendJson(response, 200, await board.read()),
    'POST /faults': (request, response) => setFault(board, request, response),
    'GET /events': (_, response) => sendEvents(runner, response),
  };
  return createServer((request, response) => {
    if (isFromPage(request)) {
      return sendJson(response, 403, {
        error: 'not from a web page: use the dashboard or a shell',
      });
    }
    const path = new URL(request.url ?? '/', 'http://lab').pathname;
    const logOf = /^\/runs\/([\w-]+)\/log$/.exec(path)?.[1];
    const handler =
      logOf !== undefined && request.method === 'GET'
        ? () => sendLog(runner, logOf, response)
        : routes[`${request.method} ${path}`];
    if (!handler) return sendJson(response, 404, { error: `no such resource: ${path}` });
    Promise.resolve(handler(request, response)).catch((error: unknown) => {
      sendJson(response, 500, { error: error instanceof Error ? error.message : String(error) });
    });
  });
}

function answerRun(response: ServerResponse, run: Run | undefined, otherwise: string): void {
  if (run) sendJson(response, 200, run);
  else sendJson(response, 409, { error: otherwise });
}

/** Answers with all faults as they stand after it. */
async function setFault(
  board: FaultBoard,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parsed = SetFault.safeParse(await readJson(request));
  if (!parsed.success) {
    return sendJson(response, 400, { error: z.prettifyError(parsed.error) });
  }
  const { id, target, on } = parsed.data;
  try {
    await board.set(id, target, on);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return sendJson(response, error instanceof RangeError ? 404 : 502, { error: said });
  }
  sendJson(response, 200, await board.read());
}

async function startRun(
  runner: ScenarioRunner,
  scenarios: ReadonlyMap<string, Scenario>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parsed = StartRun.safeParse(await readJson(request));
  if (!parsed.success) {
    return sendJson(response, 400, { error: z.prettifyError(parsed.error) });
  }
  const scenario = scenarios.get(parsed.data.scenario);
  if (!scenario) {
    const known = [...scenarios.keys()].join(', ');
    return sendJson(response, 404, {
      error: `no scenario is called ${parsed.data.scenario}; there are: ${known}`,
    });
  }
  const { speed = scenario.defaultSpeed, seed, lessons } = parsed.data;
  const run = runner.start({ scenario, speed, seed, lessons });
  if (run) return sendJson(response, 201, run);
  sendJson(response, 409, { error: `${runner.current()?.scenario} is under way: stop it first` });
}

/** Everything but how it is done. */
function describe(scenario: Scenario): object {
  return { ...scenario, steps: scenario.steps.map(({ actions: _, ...step }) => step) };
}

function describeLesson({ settings: _, ...lesson }: Lesson): object {
  return lesson;
}

function sendLog(runner: ScenarioRunner, id: string, response: ServerResponse): void {
  const run = runner.current();
  if (run?.id !== id) return void sendJson(response, 404, { error: `no run is called ${id}` });
  response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.end(run.log.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

function sendEvents(runner: ScenarioRunner, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const send = (run: object | null) => {
    // A reader that fell behind misses nothing: each event is the whole run.
    if (response.writableLength < 1_000_000) {
      response.write(`event: run\ndata: ${JSON.stringify(run)}\n\n`);
    }
  };
  send(runner.current() ?? null);
  const unlisten = runner.listen(send);
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS);
  response.once('close', () => {
    clearInterval(heartbeat);
    unlisten();
  });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
