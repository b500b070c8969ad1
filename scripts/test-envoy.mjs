/**
 * npm run test:envoy: runs the Envoy tests with a real Envoy, fetched into a folder of the user's cache; ENVOY_BIN names
 * another one. Says why when it cannot run.
 */
import { spawnSync } from 'node:child_process';
import { homedir } from 'node:os';
import path from 'node:path';
import { installEnvoy } from './install-envoy.mjs';
import { prepare } from './prepare.mjs';

const CACHE = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'detour');
const ROOT = path.join(import.meta.dirname, '..');

const envoy = process.env.ENVOY_BIN ?? getEnvoy();
process.chdir(ROOT);
// The stories run on the built product.
await prepare();
const vitest = spawnSync(
  process.execPath,
  [
    path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
    ...['run', '--project', 'integration', '--project', 'mesh', '--no-file-parallelism'],
    ...['tests/integration/xds/envoy.test.ts', 'tests/integration/envoy-lab.test.ts'],
  ],
  { stdio: 'inherit', env: { ...process.env, ENVOY_BIN: envoy } },
);
process.exit(vitest.status ?? 1);

function getEnvoy() {
  const { binary, version, reason } = installEnvoy(CACHE);
  if (binary === undefined) {
    console.log(`Envoy was not tested: ${reason}`);
    process.exit(0);
  }
  console.log(version);
  return binary;
}
