import { scramble } from '#telemetry/otlp/hash-bytes.ts';
import type { Database, Shard } from './client.ts';

/** A part of the store does not answer. */
export class ShardAway extends Error {
  override readonly name = 'ShardAway';
  readonly shards: readonly string[];
  constructor(shards: readonly string[], cause: unknown) {
    super(`${shards.join(', ')}: no answer (${cause instanceof Error ? cause.message : cause})`, {
      cause,
    });
    this.shards = shards;
  }
}

/** One that did not answer is not asked again for so long: nobody waits for its time-out with every question. */
const AWAY_MS = 1000;
const awayUntilMs = new WeakMap<Shard, { readonly ms: number; readonly error: unknown }>();

/**
 * Asks every shard, side by side; answers in the order of the shards. Throws ShardAway when one does not answer, unless
 * the caller allowed for that (`allowMissing`): then its answer is left out and it is named in `db.missing`. When none
 * answers it throws in any case.
 */
export async function askShards<T>(
  db: Pick<Database, 'shards' | 'missing'>,
  ask: (shard: Shard) => Promise<T>,
): Promise<readonly T[]> {
  const [first] = db.shards;
  if (db.shards.length === 1 && first !== undefined) return [await ask(first)];
  const answers = await Promise.allSettled(db.shards.map((shard) => askOne(shard, ask)));
  const found: T[] = [];
  const away: ShardAway[] = [];
  for (const answer of answers) {
    if (answer.status === 'fulfilled') found.push(answer.value);
    else if (answer.reason instanceof ShardAway) away.push(answer.reason);
    else throw answer.reason;
  }
  const names = away.flatMap(({ shards }) => shards);
  const mayMiss = db.missing !== undefined && found.length > 0;
  if (away.length > 0 && !mayMiss) throw new ShardAway(names, away[0]?.cause);
  for (const name of names) db.missing?.add(name);
  return found;
}

/** Asks one shard; throws ShardAway when it does not answer. */
export async function askOne<T>(shard: Shard, ask: (shard: Shard) => Promise<T>): Promise<T> {
  const away = awayUntilMs.get(shard);
  if (away !== undefined && Date.now() < away.ms) throw new ShardAway([shard.name], away.error);
  try {
    return await ask(shard);
  } catch (error) {
    if (!isAway(error)) throw error;
    awayUntilMs.set(shard, { ms: Date.now() + AWAY_MS, error });
    throw new ShardAway([shard.name], error);
  }
}

/** The same database for a caller who says what is missing: the set tells, once the questions are answered. */
export function allowMissing(db: Database): Database & { readonly missing: Set<string> } {
  return { ...db, missing: new Set() };
}

/**
 * The shard of a trace whose id stands at `from`: the one with the highest score (Thaler & Ravishankar, Using Name-Based
 * Mappings to Increase Hit Rates, 1998). A shard that is added at the end takes its part of the traces from all others,
 * and no trace moves between those.
 */
export function shardOf(ids: Uint8Array, from: number, shards: number): number {
  if (shards === 1) return 0;
  // W3C Trace Context level 2: the right seven bytes are random.
  const seed = scramble(word(ids, from + 8) ^ Math.imul(word(ids, from + 12), 0x85ebca6b));
  let best = 0;
  let highest = -1;
  for (let shard = 0; shard < shards; shard++) {
    const score = scramble(seed ^ Math.imul(shard + 1, 0x9e3779b1));
    if (score > highest) [best, highest] = [shard, score];
  }
  return best;
}

function word(ids: Uint8Array, at: number): number {
  return (
    ((ids[at] as number) << 24) |
    ((ids[at + 1] as number) << 16) |
    ((ids[at + 2] as number) << 8) |
    (ids[at + 3] as number)
  );
}

/** Class 08 is the connection's, 57P what a server says that goes down or comes up. */
const AWAY_STATES = /^(08...|57P0[1-3]|53300)$/;
const AWAY_SYSTEM = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** What pg says without a code. */
const AWAY_WORDS = /timeout exceeded when trying to connect|connection terminated/i;

function isAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isAway);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return AWAY_STATES.test(code) || AWAY_SYSTEM.has(code) || AWAY_WORDS.test(error.message);
}
