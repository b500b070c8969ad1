import { appendFile } from 'node:fs/promises';
import { SCENARIOS } from '#lab/scenarios/catalogue.ts';
import { EnvoySidecars } from '#lab/scenarios/envoy-sidecars.ts';
import { FaultBoard } from '#lab/scenarios/fault-board.ts';
import { LabControls, type LabWires } from '#lab/scenarios/lab-controls.ts';
import { createScenarioServer } from '#lab/scenarios/scenario-http.ts';
import { ScenarioRunner } from '#lab/scenarios/scenario-runner.ts';
import { OwnSidecars } from '#lab/scenarios/sidecar-port.ts';
import { readSettings, runProcess } from './run-process.ts';
import { ScenarioEnvironment } from './scenario.config.ts';

/** Plays outages on the lab. Sends no telemetry: what Detour finds, it finds by itself. */
runProcess(async () => {
  const env = readSettings(ScenarioEnvironment);
  const { LAB_LOG: logFile } = env;
  const wires: LabWires = {
    supervisorUrl: env.SUPERVISOR_URL,
    supervisorToken: env.SUPERVISOR_TOKEN,
    controlPlaneAdmin: env.CONTROL_PLANE_ADMIN,
    dnsAdmin: env.DNS_ADMIN_URL,
    relayAdmin: env.RELAY_ADMIN_URL,
    loadUrl: env.LOAD_URL,
    instances: env.LAB_INSTANCES,
    appPort: env.APP_PORT,
    sidecars:
      env.ENVOY_FOLDER === undefined
        ? new OwnSidecars(env.SIDECAR_ADMIN_PORT)
        : new EnvoySidecars(
            { folder: env.ENVOY_FOLDER, adminPort: env.SIDECAR_ADMIN_PORT },
            Date.now,
          ),
  };
  const controls = new LabControls(wires);
  const runner = new ScenarioRunner({
    controls,
    now: Date.now,
    writeLog: async (line) => {
      if (logFile) await appendFile(logFile, `${JSON.stringify(line)}\n`);
    },
  });
  const server = createScenarioServer(runner, SCENARIOS, new FaultBoard(wires));
  const { host, port } = env.SCENARIO_URL;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  return {
    details: { scenarios: `http://${host}:${port}` },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
});
