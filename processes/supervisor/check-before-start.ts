import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { SettingError } from '../run-process.ts';
import type { SupervisorSettings } from '../supervisor.config.ts';
import { labTopology } from '../topology.ts';

/**
 * Finds what would fail later, before anything is started; each fault is one line that says what to do. From then on the
 * lab's addresses are this process's until it ends.
 */
export async function checkBeforeStart(settings: SupervisorSettings): Promise<void> {
  refuseSecondStart(settings.dataDir);
  if (settings.dashboard) {
    await requireFreePort(settings.host, settings.port, '--port (PORT)');
  }
  await requireFreePort(settings.host, settings.otlpHttpPort, '--otlp-http-port (OTLP_HTTP_PORT)');
  await requireFreePort(settings.host, settings.otlpGrpcPort, '--otlp-grpc-port (OTLP_GRPC_PORT)');
  if (settings.lab) await claimLabAddresses(settings.labNet);
}

function refuseSecondStart(dataDir: string): void {
  const running = readRunning(path.join(dataDir, 'running.json'));
  if (!running || !isAlive(running.pid)) return;
  throw new SettingError(
    `Detour already runs with this data folder (process ${running.pid}${running.dashboardUrl ? `, ${running.dashboardUrl}` : ''}): end it first, or give --data-dir and ports of its own to the second one`,
  );
}

function readRunning(file: string): { pid: number; dashboardUrl?: string } | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function requireFreePort(host: string, port: number, flag: string): Promise<void> {
  const code = await tryListen(host, port);
  if (code === undefined) return;
  const what = code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${code})`;
  throw new SettingError(
    `port ${port} on ${host} ${what}: end the program that holds it, or choose another with ${flag}`,
  );
}

/**
 * All of 127/8 answers on Linux; macOS has 127.0.0.1 alone until aliases are added. Of two that start at once, one gets the
 * socket that stands for the whole net, and the system takes it back however the process ends; a lab whose supervisor is
 * gone still has its scenario runner there.
 */
async function claimLabAddresses(net: number): Promise<void> {
  const { host, claimPort, scenarioUrl } = labTopology(net);
  const claim = createServer((connection) => connection.destroy()).unref();
  const code =
    (await listenOn(claim, host, claimPort)) ??
    (await tryListen(host, Number(new URL(scenarioUrl).port)));
  if (code === 'EADDRINUSE') {
    throw new SettingError(
      `another lab runs on ${host}: end it, or choose other addresses with --lab-net N (1 to 255), or leave the lab out with --no-lab`,
    );
  }
  if (code !== undefined) {
    throw new SettingError(
      `this system has no address ${host} (${code}), which the lab needs: run \`npm run serve\` for Detour without the lab`,
    );
  }
}

/** The error code of listening there, undefined when it works; it is free again then. */
async function tryListen(host: string, port: number): Promise<string | undefined> {
  const server = createServer();
  const code = await listenOn(server, host, port);
  if (code === undefined) await new Promise((done) => server.close(done));
  return code;
}

/** The error code of listening there, undefined when it works. */
function listenOn(server: Server, host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen(port, host, () => resolve(undefined));
  });
}
