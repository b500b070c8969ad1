import type { ChildProcess } from 'node:child_process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { postJson } from '#tests/support/http-json.ts';
import {
  type Backend,
  BENCH_HOST,
  callSteadily,
  MESH_PORT,
  SONG_1,
  startBackend,
  startCallerSidecar,
  startDns,
  until,
} from '#tests/support/sidecar-bench.ts';
import { endProcess, startProcess } from '#tests/support/start-process.ts';

const REGISTRY_URL = `http://${BENCH_HOST}:18003`;
const ENV = {
  REGISTRY_URL,
  REGISTRY_TTL_MS: '600000',
  REGISTRY_SETTLE_MS: '0',
  CONTROL_PLANE_LISTEN: `${BENCH_HOST}:18000`,
  CONTROL_PLANE_ADMIN: `http://${BENCH_HOST}:18001`,
  // Nobody listens: what these processes report is not the matter here.
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://${BENCH_HOST}:9`,
};

let registry: ChildProcess;
let controlPlane: ChildProcess;
let backend: Backend;
let dns: Awaited<ReturnType<typeof startDns>>;
let sidecar: Awaited<ReturnType<typeof startCallerSidecar>>;

beforeEach(async () => {
  backend = await startBackend(SONG_1);
  dns = await startDns(SONG_1);
  registry = await startProcess('registry', ENV);
  await fetch(`${REGISTRY_URL}/instances/song-1`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      service: 'song',
      address: SONG_1,
      meshPort: MESH_PORT,
      appPort: 8080,
      protocol: 'http',
    }),
  });
  controlPlane = await startProcess('control-plane', ENV);
  sidecar = await startCallerSidecar(`${BENCH_HOST}:18000`, dns.address);
  await until(
    () => sidecar.call(),
    (answer) => answer.status === 200,
  );
});
afterEach(async () => {
  await sidecar.stop();
  await endProcess(controlPlane, 'SIGKILL');
  await endProcess(registry, 'SIGKILL');
  await backend.stop();
  await dns.stop();
});

it('kill -9 of the control plane under load loses no request, and its clients return to a lower version', async () => {
  await postJson(`http://${BENCH_HOST}:18001/releases`, { release: 'r2', drop: [] });
  const load = callSteadily(() => sidecar.call(), 500);
  await until(
    async () => load.sent(),
    (sent) => sent > 200,
  );
  await endProcess(controlPlane, 'SIGKILL');
  await until(
    () => sidecar.dump(),
    (dump) => !dump.connected,
  );
  const sentWhenLost = load.sent();
  await until(
    async () => load.sent(),
    (sent) => sent > sentWhenLost + 300,
  );
  controlPlane = await startProcess('control-plane', ENV);
  await until(
    () => sidecar.dump(),
    (dump) => dump.connected,
  );
  const sentWhenBack = load.sent();
  await until(
    async () => load.sent(),
    (sent) => sent > sentWhenBack + 200,
  );
  expect((await load.stop()).failed).toEqual([]);
});

it('a frozen control plane is noticed by its silence, and nothing fails', async () => {
  const load = callSteadily(() => sidecar.call(), 100);
  controlPlane.kill('SIGSTOP');
  await until(
    () => sidecar.dump(),
    (dump) => !dump.connected,
  );
  controlPlane.kill('SIGCONT');
  await until(
    () => sidecar.dump(),
    (dump) => dump.connected,
  );
  expect((await load.stop()).failed).toEqual([]);
});
