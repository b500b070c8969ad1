import type { Scenario } from '#lab/scenarios/scenario.ts';
import type { PlayedRun } from '#tests/support/scenario-lab.ts';

/** One event that the timeline must show, in the instants of one run. */
export interface DueEvent {
  readonly kind: string;
  readonly subject: string;
  readonly earliestUnixNano: bigint;
  readonly latestUnixNano: bigint;
}

const NS_PER_SECOND = 1_000_000_000;

/**
 * The scenario's truth, laid over the run: each event counts from the step before it, as late as the machine did the
 * step. A loaded machine moves an instance in seven seconds instead of two; the truth is then seven seconds wide.
 */
export function truthOfRun(scenario: Scenario, run: PlayedRun): readonly DueEvent[] {
  return scenario.timeline.map(({ event, subject, atSeconds, toleranceSeconds }) => {
    const step = run.steps.findLast((entry) => entry.atSeconds <= atSeconds);
    if (step?.atUnixNano === undefined || step.doneUnixNano === undefined) {
      throw new Error(`${scenario.name}: the step before ${event} at ${atSeconds} s was not done`);
    }
    const afterNs = (atSeconds - step.atSeconds) * NS_PER_SECOND;
    const toleranceNs = toleranceSeconds * NS_PER_SECOND;
    return {
      kind: event,
      subject,
      earliestUnixNano: step.atUnixNano + BigInt(Math.round(afterNs - toleranceNs)),
      latestUnixNano: step.doneUnixNano + BigInt(Math.round(afterNs + toleranceNs)),
    };
  });
}

/** Services that the outage may touch: the ends of the edges that it hits or slows down, and who calls them for users. */
export function reachOf(scenario: Scenario): ReadonlySet<string> {
  const ends = [...scenario.hits, ...(scenario.slows ?? [])].flatMap((edge) => edge.split(' → '));
  return new Set(ends.length === 0 ? [] : [...ends, 'gateway', ...(scenario.touches ?? [])]);
}
