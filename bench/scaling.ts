/**
 * npm run bench:scaling [-- --seed 1]
 *
 * Plays the set-ups that docs/scaling.md recommends, with the figures that it counts with, and fails when one of them
 * saturates or needs more disk than the page says. Both are read from the page's own tables.
 */
import fs from 'node:fs';
import path from 'node:path';
import { seededRandom } from '#tests/support/seeded-random.ts';
import { argument } from './support/bench-store.ts';

const PAGE = path.join(import.meta.dirname, '../docs/scaling.md');
/** Busier than this, queues grow long and there is no room for a neighbour's share. */
const MOST_BUSY = 0.7;
const SECONDS = 300;
const DAY_SECONDS = 86_400;
/** As the writer has them (store/spans/write-spans.ts, store/group-commit.ts), at their busiest: half a delay apart. */
const LANES = 2;
const COMMIT_SECONDS = 0.02;
/** A group of so many does not keep that distance. */
const COMMIT_SPANS = 1000;
/** The first body of a group waits at most so long. */
const DELAY_SECONDS = 0.04;
/** Calls among spans: a client's or a server's half each make a row. */
const CALLS_PER_SPAN = 0.5;
const ROLL_UP_FACTOR = 4;

type Row = Readonly<Record<string, number>>;

const page = fs.readFileSync(PAGE, 'utf8');
const figures: Row = Object.fromEntries(
  tableOf('figure').map((cells) => [cells[0], toNumber(cells[1] ?? '')]),
);
const [heads = [], ...setups] = tableOf('spans/s', true);
let faults = 0;
for (const cells of setups)
  play(Object.fromEntries(heads.map((head, i) => [head, toNumber(cells[i] ?? '')])));
process.exitCode = faults === 0 ? 0 : 1;

function play(setup: Row): void {
  const rate = of(setup, 'spans/s');
  const databases = of(setup, 'databases');
  console.log(
    `\n${rate.toLocaleString('en')} spans/s, ${of(setup, 'ingesters')} ingesters, ${databases} databases`,
  );
  // One ingester fewer, as in every update: the others must carry its part.
  const ingesters = Math.max(1, of(setup, 'ingesters') - 1);
  const flow = flowOf(rate, ingesters, databases, of(setup, 'edges'));
  const queue = playIngester(rate / ingesters, flow.rowsPerSpan);
  judge('ingester busy, one away', queue.busy, MOST_BUSY);
  judge('spans waiting at most, of its budget', queue.mostWaiting, figure('budget_spans'));
  console.log(`  waiting p99 ${(queue.p99Seconds * 1000).toFixed(0)} ms before the commit`);
  const perDatabase = rate / databases;
  const postgres =
    (perDatabase * (figure('postgres_us') + figure('compaction_postgres_us')) +
      flow.rowsWritten * figure('row_postgres_us') +
      flow.rowsPacked * figure('pack_postgres_us')) /
    1e6;
  judge('database CPU', postgres, MOST_BUSY * of(setup, 'cores a database'));
  judge('commits a second and database', flow.commits, MOST_BUSY * figure('fsyncs'));
  judge('compaction, busy', (perDatabase * figure('compaction_us')) / 1e6, MOST_BUSY);
  judge(
    'analyzer CPU',
    (rate * figure('compaction_analyzer_us') +
      databases * flow.rowsPacked * figure('pack_analyzer_us')) /
      1e6 /
      of(setup, 'analyzers'),
    MOST_BUSY,
  );
  const days = of(setup, 'days kept');
  const bytes =
    perDatabase * figure('span_bytes') * days * DAY_SECONDS +
    flow.secondsKept * figure('second_bytes') * days * ROLL_UP_FACTOR * DAY_SECONDS;
  judge('TB a database', bytes / 1e12, of(setup, 'TB a database'));
  console.log(
    `  roll-up rows a second and database: written ${show(flow.rowsWritten)}, packed later ${show(flow.rowsPacked)} into ${show(flow.secondsKept)} seconds of edges`,
  );
}

/** What one database gets from all ingesters; a row is an edge or service in one second, of one connection. */
function flowOf(rate: number, ingesters: number, databases: number, edges: number) {
  const writer = rate / ingesters / databases;
  const commitsOfWriter = Math.max(1 / COMMIT_SECONDS, writer / COMMIT_SPANS);
  const rowsOfCommit = touched(edges, (writer / commitsOfWriter) * CALLS_PER_SPAN);
  const rowsWritten = ingesters * commitsOfWriter * rowsOfCommit;
  const rowsPacked = ingesters * LANES * touched(edges, (writer / LANES) * CALLS_PER_SPAN);
  return {
    commits: ingesters * commitsOfWriter,
    rowsWritten,
    rowsPacked,
    secondsKept: touched(edges, (rate / databases) * CALLS_PER_SPAN),
    rowsPerSpan: (rowsWritten * databases) / rate,
  };
}

/** How many of `edges` are met by `calls` calls that know nothing of each other. */
function touched(edges: number, calls: number): number {
  return edges * (1 - (1 - 1 / edges) ** calls);
}

/**
 * One ingester as a queue with one server: bodies come at random, for a tenth of the time twice as many as else, and take
 * the measured time each, give or take a third.
 */
function playIngester(rate: number, rowsPerSpan: number) {
  const roll = seededRandom(argument('seed', 1));
  const bodySpans = figure('body_spans');
  const perSpan = (figure('ingester_us') + rowsPerSpan * figure('row_ingester_us')) / 1e6;
  const calm = rate / 1.1 / bodySpans;
  const waits: number[] = [];
  let [clock, freeAt, busy, mostWaiting] = [0, 0, 0, 0];
  let burstUntil = 0;
  let nextBurst = exponential(roll, 45);
  while (clock < SECONDS) {
    if (clock >= nextBurst) {
      burstUntil = clock + exponential(roll, 5);
      nextBurst = burstUntil + exponential(roll, 45);
    }
    clock += exponential(roll, 1 / (clock < burstUntil ? calm * 2 : calm));
    const service = bodySpans * perSpan * (0.67 + 0.66 * roll());
    const wait = Math.max(0, freeAt - clock);
    freeAt = clock + wait + service;
    busy += service;
    waits.push(wait);
    mostWaiting = Math.max(mostWaiting, wait / perSpan + rate * DELAY_SECONDS);
  }
  waits.sort((a, b) => a - b);
  return {
    busy: busy / clock,
    mostWaiting,
    p99Seconds: waits[Math.floor(waits.length * 0.99)] ?? 0,
  };
}

function exponential(roll: () => number, mean: number): number {
  return -Math.log(1 - roll()) * mean;
}

function judge(what: string, value: number, most: number): void {
  const holds = value <= most;
  if (!holds) faults++;
  console.log(
    `  ${what.padEnd(38)} ${show(value).padStart(10)} of ${show(most).padEnd(10)} ${holds ? '' : 'SATURATED'}`,
  );
}

function show(number: number): string {
  return number < 100 ? number.toFixed(2) : Math.round(number).toLocaleString('en');
}

function figure(name: string): number {
  return of(figures, name);
}

function of(row: Row, name: string): number {
  const value = row[name];
  if (value === undefined || Number.isNaN(value))
    throw new Error(`docs/scaling.md has no figure ${name}`);
  return value;
}

function toNumber(cell: string): number {
  return Number(cell.replaceAll(/[, `]/g, ''));
}

/** The cells of the table whose first head is `head`. */
function tableOf(head: string, withHead = false): readonly (readonly string[])[] {
  const lines = page.split('\n');
  const at = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  if (at === -1) throw new Error(`docs/scaling.md has no table of ${head}`);
  const length = lines.slice(at).findIndex((line) => !line.startsWith('|'));
  const rows = lines.slice(at, at + length).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
  return withHead ? [rows[0] ?? [], ...rows.slice(2)] : rows.slice(2);
}
