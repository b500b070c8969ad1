/**
 * What `npm start` and `npm test` need before they can run: packages, process bundles, the dashboard's build.
 * Plain JavaScript and Node's own modules only: nothing is installed when this begins.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.join(import.meta.dirname, '..');
const STAMPS = path.join(ROOT, 'dist', '.stamps');

/** Node reads `engines` only to warn; an old one fails later in ways that say nothing. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Detour needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(64);
}

/** Runs the steps that are not up to date, in order, and says what each is doing and how long it took. */
export async function prepare({ quiet = false } = {}) {
  const steps = [installStep(), processesStep(), dashboardStep()];
  const due = steps.filter((step) => step.isDue());
  for (const [index, step] of due.entries()) {
    if (!quiet) process.stdout.write(`[${index + 1}/${due.length}] ${step.title} … `);
    const startedAt = performance.now();
    await step.run();
    step.done();
    if (!quiet) console.log(`${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  }
}

function installStep() {
  return stamped('install', ['package-lock.json', 'prisma/schema.prisma'], {
    title: 'install packages (once; about a minute)',
    isMissing: () => !existsSync(path.join(ROOT, 'node_modules', 'next')),
    run: () => run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']),
  });
}

function processesStep() {
  const sources = ['package-lock.json', 'scripts/build.mjs', ...LAYERS, 'processes'];
  return stamped('processes', sources, {
    title: 'bundle the processes',
    isMissing: () => !existsSync(path.join(ROOT, 'dist', 'processes', 'supervisor.js')),
    run: () => run(process.execPath, ['scripts/build.mjs']),
  });
}

function dashboardStep() {
  const sources = [
    'package-lock.json',
    'next.config.js',
    'postcss.config.mjs',
    'instrumentation.ts',
    ...LAYERS,
    'views',
    'app',
  ];
  return stamped('dashboard', sources, {
    title: 'build the dashboard',
    isMissing: () => !existsSync(path.join(ROOT, '.next', 'BUILD_ID')),
    run: () =>
      run(process.execPath, ['node_modules/next/dist/bin/next', 'build'], {
        NEXT_TELEMETRY_DISABLED: '1',
      }),
  });
}

const LAYERS = ['telemetry', 'analysis', 'store', 'ingest', 'instrumentation', 'lab'];

/** A step that is due when its output is missing or one of its sources changed since it last ran. */
function stamped(name, sources, { title, isMissing, run: runStep }) {
  const file = path.join(STAMPS, name);
  return {
    title,
    isDue: () => isMissing() || !existsSync(file) || readFileSync(file, 'utf8') !== digest(sources),
    run: runStep,
    done: () => {
      mkdirSync(STAMPS, { recursive: true });
      writeFileSync(file, digest(sources));
    },
  };
}

/** A hash over the contents of files and folders; generated code is an output, not a source. */
function digest(sources) {
  const hash = createHash('sha256').update(process.version);
  const visit = (entry) => {
    const stat = statSync(entry, { throwIfNoEntry: false });
    if (!stat || entry.endsWith(`${path.sep}generated`)) return;
    if (stat.isDirectory()) {
      for (const child of readdirSync(entry).sort()) visit(path.join(entry, child));
    } else {
      hash.update(path.relative(ROOT, entry)).update(readFileSync(entry));
    }
  };
  for (const source of sources) visit(path.join(ROOT, source));
  return hash.digest('hex');
}

/** Keeps the output to itself unless the command fails. */
export function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) return resolve(output);
      console.error(`\n${command} ${args.join(' ')} failed (exit code ${code}):\n${output}`);
      process.exit(1);
    });
  });
}
