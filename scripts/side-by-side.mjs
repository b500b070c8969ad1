/** Runs the repository's checks side by side, since each keeps one core busy at the most for much of its time. */
import { spawn } from 'node:child_process';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..');
const BIN = path.join(ROOT, 'node_modules', '.bin');

/** Format and lint, types, layers, dead code: each a command with its arguments. */
export const CHECKS = [['biome', 'ci', '.'], ['tsc', '--noEmit'], ['depcruise', '.'], ['knip']];

/** Prints what each said, the failed ones last, then a line for each. Resolves to `{ name, code, output, seconds }[]`. */
export async function runSideBySide(commands) {
  const results = await Promise.all(commands.map(run));
  results.sort((a, b) => a.code - b.code);
  for (const { output } of results) process.stdout.write(output);
  for (const { name, code, seconds } of results) {
    console.log(`${code === 0 ? 'passed' : 'FAILED'}: ${name} (${seconds.toFixed(1)} s)`);
  }
  return results;
}

function run([name, ...args]) {
  const begunMs = performance.now();
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(path.join(BIN, name), args, { cwd: ROOT, env: process.env });
    const end = (code) =>
      resolve({ name, code, output, seconds: (performance.now() - begunMs) / 1000 });
    child.stdout.on('data', (part) => (output += part));
    child.stderr.on('data', (part) => (output += part));
    child.on('error', (error) => {
      output += `${error.message}\n`;
      end(1);
    });
    // Ended by a signal is failed too.
    child.on('close', (code) => end(code ?? 1));
  });
}
