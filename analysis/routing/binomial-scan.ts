/** One second of a share: `hits` of `trials`. Empty seconds (0 of 0) are legal and say nothing. */
export interface Tally {
  readonly hits: number;
  readonly trials: number;
}

export interface Split {
  /** Index of the first tally after the change. */
  readonly index: number;
  /** Log-likelihood gained by letting the share change there, in nats, after scaling for overdispersion. */
  readonly gain: number;
  readonly before: number;
  readonly after: number;
  /** First and last index whose gain is within 1.92 of the best: the 95 % profile-likelihood interval. */
  readonly fromIndex: number;
  readonly toIndex: number;
}

export interface ScanRules {
  readonly direction: 'rise' | 'fall';
  readonly minTrialsBefore: number;
  readonly minTrialsAfter: number;
  /** Smallest change of share worth a split. */
  readonly minChange: number;
}

/** Half of the 0.95 quantile of chi-squared with one degree of freedom (Wilks 1938). */
const HALF_CHI_SQUARED_95 = 1.92;

/**
 * The best single change of a binomial share, undefined when no split satisfies the rules: the generalised likelihood
 * ratio over every split. Kin: Bernoulli change detection with unknown shares, doi 10.1007/s00180-012-0311-7.
 *
 *   share ____________________/‾‾‾‾‾‾‾‾
 *         before             split   after
 */
export function scanBinomial(tallies: readonly Tally[], rules: ScanRules): Split | undefined {
  const all = sum(tallies);
  const splits: Omit<Split, 'fromIndex' | 'toIndex'>[] = [];
  let hits = 0;
  let trials = 0;
  tallies.forEach((tally, index) => {
    const before = { hits, trials };
    const after = { hits: all.hits - hits, trials: all.trials - trials };
    hits += tally.hits;
    trials += tally.trials;
    if (before.trials < rules.minTrialsBefore || after.trials < rules.minTrialsAfter) return;
    const change = after.hits / after.trials - before.hits / before.trials;
    if ((rules.direction === 'rise' ? change : -change) < rules.minChange) return;
    // A split at an empty second is the same split as at the next one that has calls.
    if (tally.trials === 0) return;
    splits.push({
      index,
      gain: logLikelihood(before) + logLikelihood(after) - logLikelihood(all),
      before: before.hits / before.trials,
      after: after.hits / after.trials,
    });
  });
  return bestOf(splits, tallies);
}

function bestOf(
  splits: readonly Omit<Split, 'fromIndex' | 'toIndex'>[],
  tallies: readonly Tally[],
): Split | undefined {
  const raw = splits.reduce<(typeof splits)[number] | undefined>(
    (best, split) => (split.gain > (best?.gain ?? 0) ? split : best),
    undefined,
  );
  if (raw === undefined) return undefined;
  const scale = overdispersion([
    { tallies: tallies.slice(0, raw.index), share: raw.before },
    // The change lies inside the first one: it is half of the one kind and half of the other.
    { tallies: tallies.slice(raw.index + 1), share: shareOf(tallies.slice(raw.index + 1)) },
  ]);
  const near = splits.filter((split) => (raw.gain - split.gain) / scale <= HALF_CHI_SQUARED_95);
  return {
    ...raw,
    gain: raw.gain / scale,
    fromIndex: near[0]?.index ?? raw.index,
    toIndex: near.at(-1)?.index ?? raw.index,
  };
}

/**
 * How much more the share varies on either side of the change than a binomial one would: Pearson's X² per degree of
 * freedom, at least 1 (quasi-likelihood; McCullagh & Nelder, Generalized Linear Models, §4.5). Visits and retries clump.
 */
function overdispersion(
  sides: readonly { readonly tallies: readonly Tally[]; readonly share: number }[],
): number {
  let pearson = 0;
  let freedom = 0;
  for (const { tallies, share } of sides) {
    const variance = share * (1 - share);
    const full = tallies.filter((tally) => tally.trials > 0);
    if (variance === 0 || full.length < 3) continue;
    for (const { hits, trials } of full)
      pearson += (hits - trials * share) ** 2 / (trials * variance);
    freedom += full.length - 1;
  }
  return freedom === 0 ? 1 : Math.max(1, pearson / freedom);
}

function shareOf(tallies: readonly Tally[]): number {
  const { hits, trials } = sum(tallies);
  return trials === 0 ? 0 : hits / trials;
}

function logLikelihood({ hits, trials }: { hits: number; trials: number }): number {
  return term(hits, trials) + term(trials - hits, trials);
}

function term(count: number, of: number): number {
  return count === 0 ? 0 : count * Math.log(count / of);
}

function sum(tallies: readonly Tally[]): { hits: number; trials: number } {
  let hits = 0;
  let trials = 0;
  for (const tally of tallies) {
    hits += tally.hits;
    trials += tally.trials;
  }
  return { hits, trials };
}
