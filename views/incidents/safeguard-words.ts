import type { IncidentComparison, RootCause } from '#analysis/incident/compare-incidents.ts';
import type { Safeguard } from '#telemetry/safeguard.ts';

const WORDS: Readonly<Record<Safeguard, string>> = {
  'ignore-resource-deletion': 'clients keep deleted names',
  'dns-fallback': 'DNS fallback',
  'resource-ttl': 'endpoints expire',
  'panic-threshold': 'panic threshold',
  'endpoint-drop-guard': 'drop guard',
};

export function safeguardWord(safeguard: Safeguard): string {
  return WORDS[safeguard];
}

/** What the two sets differ in, from the first to the second; empty when in nothing. */
export function differenceWords(
  own: readonly Safeguard[],
  other: readonly Safeguard[],
): readonly string[] {
  const more = other.filter((name) => !own.includes(name));
  const fewer = own.filter((name) => !other.includes(name));
  return [
    ...more.map((name) => `with ${safeguardWord(name)}`),
    ...fewer.map((name) => `without ${safeguardWord(name)}`),
  ];
}

/** A scenario of the lab with that cause, and the lesson that tells most there. */
interface Rehearsal {
  readonly scenario: string;
  readonly lessons: readonly Safeguard[];
}

function rehearsalOf({ kind, services }: RootCause): Rehearsal | undefined {
  switch (kind) {
    case 'configuration':
      return services.length === 1
        ? { scenario: 'empty-push', lessons: ['endpoint-drop-guard'] }
        : { scenario: 'march-8', lessons: ['ignore-resource-deletion'] };
    case 'control-plane':
      return { scenario: 'control-plane-crash', lessons: ['resource-ttl', 'dns-fallback'] };
    case 'calls':
      // Another service's failure would be another cause.
      return services.includes('artist')
        ? { scenario: 'error-service', lessons: ['panic-threshold'] }
        : undefined;
    default:
      return undefined;
  }
}

/** How to get the run to compare with; undefined where no lesson of the lab is about such a cause. */
export function otherRunCommand({ cause, own }: IncidentComparison): string | undefined {
  const rehearsal = rehearsalOf(cause);
  if (rehearsal === undefined) return undefined;
  const { inForce } = own.safeguards;
  const had = rehearsal.lessons.filter((name) => inForce.includes(name));
  // Usual ones are taken out, the others left out, by a run that is to go without them.
  const flags =
    had.length > 0
      ? had.filter((name) => name === 'panic-threshold').map((name) => ` --without ${name}`)
      : rehearsal.lessons.map((name) => ` --lesson ${name}`);
  return `npm run lab -- ${rehearsal.scenario}${flags.join('')}`;
}
