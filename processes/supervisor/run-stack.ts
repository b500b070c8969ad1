import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { claimShards } from '#store/claim-shards.ts';
import { closeDatabase, openDatabase } from '#store/client.ts';
import { splitDatabaseUrls } from '#store/database-urls.ts';
import { distributeTables } from '#store/distribute-tables.ts';
import { migrate } from '#store/migrate.ts';
import { SettingError } from '../run-process.ts';
import type { SupervisorSettings } from '../supervisor.config.ts';
import { createAdminServer } from './admin-server.ts';
import { scheduleDrill } from './drill.ts';
import { prepareEnvoy } from './envoy-sidecars.ts';
import { ManagedProcess, type ProcessSpec, StartError } from './managed-process.ts';
import { type Plan, planProcesses, SMALL, type Wave } from './plan.ts';
import { ProcessLog } from './process-log.ts';

/** Two cores start three Node processes at once about as fast as one after the other; more only delay the first. */
const STARTS_AT_ONCE = 3;

export interface Stack {
  readonly plan: Plan;
  /** Ends every process, the last started first. */
  readonly stop: () => Promise<void>;
}

/** Resolves when the process is ready. */
type Begin = (spec: ProcessSpec) => Promise<ManagedProcess>;

/** Where everything is kept that the processes say. */
export function logFile(settings: SupervisorSettings): string {
  return path.join(settings.dataDir, 'detour.log');
}

/**
 * Starts everything in waves, each when the one before is ready, and watches it. `say` gets one line per finished step.
 * On a failure what was started is stopped again before the error is thrown.
 */
export async function runStack(
  settings: SupervisorSettings,
  root: string,
  say: (line: string) => void,
): Promise<Stack> {
  const started: ManagedProcess[] = [];
  const byName = new Map<string, ManagedProcess>();
  const log = new ProcessLog(logFile(settings));
  const begin: Begin = async (spec) => {
    const process = new ManagedProcess(spec, say, (line) => log.write(spec.name, line));
    started.push(process);
    byName.set(spec.name, process);
    await process.start();
    return process;
  };
  let token = '';
  const admin = createAdminServer(
    () => token,
    () => byName,
  );
  const runningFile = path.join(settings.dataDir, 'running.json');
  let cancelDrill = (): void => undefined;
  const stop = async (): Promise<void> => {
    cancelDrill();
    admin.close();
    admin.closeAllConnections();
    await stopInTurns(started);
    rmSync(runningFile, { force: true });
  };
  try {
    mkdirSync(settings.dataDir, { recursive: true });
    const supervisorUrl = await listen(admin);
    const databaseUrl = await timed('PostgreSQL', say, () => startDatabase(settings, begin));
    await timed('migrations', say, () => prepareStore(databaseUrl, root));
    const envoy =
      settings.lab && settings.sidecar === 'envoy'
        ? await timed('Envoy', say, () => prepareEnvoy(settings, root))
        : undefined;
    const plan = planProcesses(settings, databaseUrl, supervisorUrl, envoy);
    token = plan.supervisorToken;
    for (const wave of plan.waves) {
      await timed(wave.title, say, () => startWave(wave, begin));
    }
    writeFileSync(runningFile, JSON.stringify(runningNote(settings, plan)));
    if (plan.topology) cancelDrill = scheduleDrill(settings, plan.topology, say);
    return { plan, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The URL of the database: the given one as it is, else that of the embedded server, which is started. */
async function startDatabase(settings: SupervisorSettings, begin: Begin): Promise<string> {
  if (settings.databaseUrl !== undefined) return settings.databaseUrl;
  const postgres = await begin({
    name: 'postgres',
    file: path.join(import.meta.dirname, 'postgres.js'),
    env: { PGDATA_DIR: path.join(settings.dataDir, 'postgres') },
    nodeFlags: SMALL,
  });
  const url = postgres.details['url'];
  if (typeof url !== 'string')
    throw new StartError('PostgreSQL did not say where it listens', false);
  return url;
}

/** The tables in every database of the store, and each knows which part it is. */
async function prepareStore(urls: string, root: string): Promise<void> {
  for (const url of splitDatabaseUrls(urls)) await migrateDatabase(url, root);
  const db = openDatabase(urls, { poolSize: 1 });
  try {
    await claimShards(db);
    for (const shard of db.shards) await distributeTables(shard);
  } catch (error) {
    throw new SettingError(`DATABASE_URLS: ${reasonOf(error)}`);
  } finally {
    await closeDatabase(db);
  }
}

/** A database that cannot be reached or changed is a setting to mend, not a bug; its password is nobody's business. */
async function migrateDatabase(url: string, root: string): Promise<void> {
  try {
    await migrate(url, path.join(root, 'prisma/migrations'));
  } catch (error) {
    const { host, pathname } = new URL(url);
    throw new SettingError(
      `the PostgreSQL of DATABASE_URL (${host}${pathname}) cannot be used: ${reasonOf(error)}; start it, correct DATABASE_URL, or unset it for the embedded one`,
    );
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

async function startWave(wave: Wave, begin: Begin): Promise<void> {
  const waiting = [...wave.specs];
  const worker = async (): Promise<void> => {
    for (let spec = waiting.shift(); spec; spec = waiting.shift()) {
      await begin(spec);
    }
  };
  await Promise.all(Array.from({ length: STARTS_AT_ONCE }, worker));
}

/** In which turn of the stop a process ends; all that are not named, the data plane among them, in `OTHERS_TURN`. */
const STOP_TURN: Readonly<Record<string, number>> = {
  registry: 0,
  'control-plane': 2,
  dns: 2,
  relay: 2,
  ingester: 3,
  postgres: 4,
};
const OTHERS_TURN = 1;
const STOP_TURNS = 5;

/**
 * Whoever leaves is to say how it was, and not how the others went: the registry falls silent before instances sign off,
 * the data plane gives its last report while the control plane is there, and the store goes last, when nobody writes to
 * it any more.
 */
async function stopInTurns(started: readonly ManagedProcess[]): Promise<void> {
  for (let turn = 0; turn < STOP_TURNS; turn++) {
    const due = started.filter(({ spec }) => (STOP_TURN[spec.name] ?? OTHERS_TURN) === turn);
    await Promise.all(due.map((process) => process.stop()));
  }
}

async function timed<T>(
  title: string,
  say: (line: string) => void,
  step: () => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  const result = await step();
  say(`  ${title.padEnd(36)} ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return result;
}

/** What `npm run lab` and a second `npm start` need to know of this one. */
function runningNote(settings: SupervisorSettings, plan: Plan): Readonly<Record<string, unknown>> {
  return {
    pid: process.pid,
    ...(settings.dashboard && { dashboardUrl: `http://localhost:${settings.port}` }),
    ...(plan.topology && { labUrl: plan.topology.scenarioUrl }),
  };
}

function listen(server: ReturnType<typeof createAdminServer>): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}
