/**
 * Writes the Prisma client to store/generated; npm runs it after each install. Quiet and quick when nothing changed:
 * a stamp holds the hash of what the client is made from.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const ROOT = path.dirname(import.meta.dirname);
const SOURCES = ['prisma/schema.prisma', 'prisma.config.ts', 'node_modules/prisma/package.json'];
const CLIENT = path.join(ROOT, 'store/generated/client.ts');
const STAMP = path.join(ROOT, 'store/generated/.made-from');

const missing = SOURCES.find((source) => !fs.existsSync(path.join(ROOT, source)));
if (missing) {
  // `npm install --omit=…` or a partial copy: there is nothing to generate from.
  console.error(`The Prisma client was not generated: ${missing} is missing.`);
} else if (!isUpToDate()) {
  generate();
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const source of SOURCES) hash.update(fs.readFileSync(path.join(ROOT, source)));
  return hash.digest('hex');
}

function isUpToDate() {
  if (!fs.existsSync(CLIENT) || !fs.existsSync(STAMP)) return false;
  return fs.readFileSync(STAMP, 'utf8') === fingerprint();
}

function generate() {
  const cli = path.join(ROOT, 'node_modules/prisma/build/index.js');
  const run = spawnSync(process.execPath, [cli, 'generate', '--no-hints'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: {
      ...process.env,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
  if (run.status !== 0) {
    console.error(
      `The Prisma client could not be generated:\n${run.stdout ?? ''}${run.stderr ?? run.error}`,
    );
    process.exit(1);
  }
  fs.writeFileSync(STAMP, fingerprint());
}
