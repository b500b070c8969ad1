/**
 * `npm test`: makes ready what is missing, a browser included, then runs every suite: static checks, unit, integration,
 * end to end. Its last line sums them: `N passed, N failed, N skipped`. Exits non-zero on any failure.
 *
 * `npm test -- unit` runs the named suites only (checks, unit, integration, e2e).
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { checkNode, prepare, ROOT } from './prepare.mjs';
import { CHECKS, runSideBySide } from './side-by-side.mjs';

checkNode();
process.chdir(ROOT);
const REPORTS = path.join(ROOT, 'test-results');
const chosen = process.argv.slice(2);
const isChosen = (suite) => chosen.length === 0 || chosen.includes(suite);

await prepare();
rmSync(REPORTS, { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });

const totals = { passed: 0, failed: 0, skipped: 0 };
await Promise.all([isChosen('checks') && checks(), isChosen('unit') && vitest('unit')]);
if (isChosen('integration')) {
  await vitest('integration', '--maxWorkers=2');
  await vitest('xds-clients', '--maxWorkers=4');
  await vitest('mesh');
}
if (isChosen('e2e')) await endToEnd();
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(totals.failed > 0 || totals.passed === 0 ? 1 : 0);

async function checks() {
  for (const { code } of await runSideBySide(CHECKS)) totals[code === 0 ? 'passed' : 'failed']++;
}

async function vitest(project, ...flags) {
  const file = path.join(REPORTS, `${project}.json`);
  const code = await show('node_modules/.bin/vitest', [
    'run',
    '--project',
    project,
    ...flags,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  const report = readReport(file);
  if (!report) return fail(`${project} wrote no report`);
  totals.passed += report.numPassedTests;
  totals.failed += report.numFailedTests;
  totals.skipped += report.numPendingTests + report.numTodoTests;
  // A file that cannot be loaded fails without a failing test.
  if (code !== 0 && report.numFailedTests === 0) fail(`${project} ended with exit code ${code}`);
}

async function endToEnd() {
  const browser = findBrowser() ?? installBrowser();
  if (!browser) return fail('no Chromium: install it, or name it in CHROMIUM_PATH');
  const file = path.join(REPORTS, 'e2e.json');
  const code = await show('node_modules/.bin/playwright', ['test', '--reporter=list,json'], {
    CHROMIUM_PATH: browser,
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
  });
  const stats = readReport(file)?.stats;
  if (!stats) return fail('e2e wrote no report');
  totals.passed += stats.expected + stats.flaky;
  totals.failed += stats.unexpected;
  totals.skipped += stats.skipped;
  if (code !== 0 && stats.unexpected === 0) fail(`e2e ended with exit code ${code}`);
}

function findBrowser() {
  const candidates = [
    process.env.CHROMIUM_PATH,
    ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map(
      (name) => spawnSync('which', [name], { encoding: 'utf8' }).stdout.trim() || undefined,
    ),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ];
  return candidates.find((candidate) => candidate && existsSync(candidate));
}

/** From Debian's packages, where that is possible without asking anything. */
function installBrowser() {
  if (!existsSync('/usr/bin/apt-get')) return undefined;
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  console.log('installing Chromium from the distribution …');
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const [command, ...rest] = [...sudo, 'apt-get', '-qq', ...args];
    spawnSync(command, rest, {
      stdio: 'inherit',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
  return findBrowser();
}

function show(command, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('exit', (code) => resolve(code ?? 1));
    child.on('error', () => resolve(1));
  });
}

function readReport(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function fail(message) {
  console.error(`FAILED: ${message}`);
  totals.failed++;
}
