import { LoadGenerator } from '#lab/load/load-generator.ts';
import { createLoadHandler } from '#lab/load/load-http.ts';
import { serveAdmin } from '#lab/xds/admin-http.ts';
import { LoadEnvironment } from './load.config.ts';
import { readSettings, runProcess } from './run-process.ts';
import { seededRoll } from './seeded-roll.ts';

/** Stands for the users: sends no telemetry, and nothing that it knows reaches Detour. */
runProcess(async () => {
  const env = readSettings(LoadEnvironment);
  const load = new LoadGenerator(
    { gatewayUrl: env.GATEWAY_URL, requestsPerSecond: env.LOAD_RPS, seed: env.LOAD_SEED },
    { now: Date.now, rollFrom: seededRoll },
  );
  const { host, port } = env.LOAD_URL;
  const admin = await serveAdmin(createLoadHandler(load, Date.now), port, host);
  load.start();
  return {
    details: { load: `http://${host}:${admin.port}`, rps: env.LOAD_RPS },
    stop: async () => {
      await load.stop();
      await admin.close();
    },
  };
});
