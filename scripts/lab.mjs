/**
 * `npm run lab -- --list | NAME [--speed N] [--seed N] [--repeat N] [--lesson NAME]… [--without NAME]…`: drives the running
 * lab and prints the scenario's own log, one JSON object a line. The log is never sent to Detour.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

const USAGE =
  'usage: npm run lab -- --list | --stop | --pause | --resume | NAME [--speed N] [--seed N] [--repeat N] [--lesson NAME]… [--without NAME]… [--url URL]';

const { values, positionals } = readArguments();
const base = values.url ?? process.env.LAB_URL ?? runningLab() ?? 'http://127.0.9.1:18002';

if (values.help) console.log(USAGE);
else if (values.list) await list();
else if (values.stop) await stop();
else if (values.pause) await hold('pause', 'paused: --resume goes on');
else if (values.resume) await hold('resume', 'goes on');
else if (positionals.length === 1) await play(positionals[0]);
else fail(USAGE, 64);

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        list: { type: 'boolean' },
        stop: { type: 'boolean' },
        pause: { type: 'boolean' },
        resume: { type: 'boolean' },
        speed: { type: 'string' },
        seed: { type: 'string' },
        repeat: { type: 'string' },
        lesson: { type: 'string', multiple: true },
        without: { type: 'string', multiple: true },
        url: { type: 'string' },
      },
    });
  } catch (error) {
    return fail(`${error.message}\n${USAGE}`, 64);
  }
}

/** Where the running stack says that its lab listens. */
function runningLab() {
  const dataDir = process.env.DETOUR_DATA_DIR ?? path.join(import.meta.dirname, '..', 'data');
  try {
    return JSON.parse(readFileSync(path.join(dataDir, 'running.json'), 'utf8')).labUrl;
  } catch {
    return undefined;
  }
}

async function list() {
  for (const scenario of await ask('GET', '/scenarios')) {
    console.log(`${scenario.name.padEnd(26)} ${scenario.title}`);
  }
  console.log('\nlessons, for one run: --lesson NAME, or --without NAME where it is usual');
  for (const lesson of await ask('GET', '/lessons')) {
    const usual = lesson.isUsual ? ' (usual)' : '';
    console.log(
      `${lesson.name.padEnd(26)} ${lesson.title}${usual}: ${lesson.scenarios.join(', ')}`,
    );
  }
}

async function stop() {
  await ask('POST', '/run/stop');
  console.log('stopped; every fault is mended');
}

/** Exactly those that are to be in force; undefined when nothing was said. */
async function lessons() {
  const { lesson: more = [], without = [] } = values;
  if (more.length + without.length === 0) return undefined;
  const known = await ask('GET', '/lessons');
  const strange = [...more, ...without].find((name) => !known.some((one) => one.name === name));
  if (strange !== undefined) {
    const names = known.map((one) => one.name).join(', ');
    fail(`no lesson is called ${strange}; there are: ${names}`, 64);
  }
  const usual = known.filter((one) => one.isUsual).map((one) => one.name);
  return [...new Set([...usual, ...more])].filter((name) => !without.includes(name));
}

async function hold(what, word) {
  const run = await ask('POST', `/run/${what}`);
  console.log(`${run.scenario} ${word}`);
}

async function play(name) {
  const inForce = await lessons();
  for (let round = 0; round < number('repeat', 1); round++) {
    const run = await ask('POST', '/runs', {
      scenario: name,
      ...(values.speed && { speed: number('speed') }),
      ...(values.seed && { seed: seed() }),
      ...(inForce && { lessons: inForce }),
    });
    const state = await follow(run.id);
    if (state === 'failed') process.exit(1);
    // Who stops a run wants no further ones.
    if (state !== 'done') fail(`${name} was ${state} in round ${round + 1}`, 1);
  }
}

/** Prints new log lines until the run ends, and says how it did: `done`, `failed`, `stopped` or `replaced`. */
async function follow(id) {
  let printed = 0;
  for (;;) {
    // The state first: the last line is written before the run ends.
    const run = await ask('GET', '/run');
    const lines = (await askText(`/runs/${id}/log`)).split('\n').filter(Boolean);
    for (const line of lines.slice(printed)) console.log(line);
    printed = lines.length;
    if (run?.id !== id) return 'replaced';
    if (run.state !== 'running' && run.state !== 'paused') return run.state;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

function seed() {
  const value = Number(values.seed);
  if (!Number.isSafeInteger(value) || value < 0)
    fail('--seed must be a whole number, 0 or more', 64);
  return value;
}

function number(name, otherwise) {
  const value = values[name] === undefined ? otherwise : Number(values[name]);
  if (!Number.isFinite(value) || value <= 0) fail(`--${name} must be a number above 0`, 64);
  return value;
}

async function ask(method, target, body) {
  const response = await request(target, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) fail(`the lab answered ${response.status}: ${text}`, 1);
  return text === '' ? null : JSON.parse(text);
}

async function askText(target) {
  const response = await request(target, {});
  return response.text();
}

function request(target, init) {
  return fetch(`${base}${target}`, init).catch(() =>
    fail(`no lab answers at ${base}: start it with \`npm start\``, 1),
  );
}

function fail(message, code) {
  console.error(message);
  process.exit(code);
}
