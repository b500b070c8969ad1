import type { Herd } from '#lab/load/herd.ts';
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
  let herd: Herd | undefined;
  // The gRPC library costs memory: it is loaded when the first client of a herd is wanted.
  const openHerd = async (): Promise<Herd> => {
    const module = await import('#lab/load/herd.ts');
    herd ??= new module.Herd({ server: env.CONTROL_PLANE_XDS, roll: seededRoll(env.LOAD_SEED) });
    return herd;
  };
  const { host, port } = env.LOAD_URL;
  const admin = await serveAdmin(createLoadHandler(load, openHerd, Date.now), port, host);
  // Not waited for: the users' coming is no part of the start.
  void load.start();
  return {
    details: { load: `http://${host}:${admin.port}`, rps: env.LOAD_RPS },
    stop: async () => {
      herd?.resize(0);
      await load.stop();
      await admin.close();
    },
  };
});
