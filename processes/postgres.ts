import { startEmbeddedPostgres } from '#store/embedded/embedded-postgres.ts';
import { PostgresSettings } from './postgres.config.ts';
import { readSettings, runProcess } from './run-process.ts';

const WATCH_INTERVAL_MS = 200;

/** Holds the embedded PostgreSQL, and ends when it does, so that whoever watches this process starts it again. */
runProcess(async () => {
  const settings = readSettings(PostgresSettings);
  const postgres = await startEmbeddedPostgres({ dataDir: settings.PGDATA_DIR });
  const watch = setInterval(() => {
    if (isAlive(postgres.pid)) return;
    process.stderr.write('PostgreSQL ended unexpectedly\n');
    process.exit(1);
  }, WATCH_INTERVAL_MS);
  return {
    details: { url: postgres.url, postgresPid: postgres.pid },
    stop: async () => {
      clearInterval(watch);
      await postgres.stop();
    },
  };
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
