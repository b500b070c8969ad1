import { describe, expect, it } from 'vitest';
import type { IncidentComparison, RootCause } from '#analysis/incident/compare-incidents.ts';
import { LESSONS } from '#lab/scenarios/lessons.ts';
import { SAFEGUARDS, type Safeguard } from '#telemetry/safeguard.ts';
import { differenceWords, otherRunCommand } from '#views/incidents/safeguard-words.ts';

function comparison(cause: RootCause, ...inForce: Safeguard[]): IncidentComparison {
  const own = { safeguards: { inForce, absent: [] } };
  return { cause, own, others: [] } as unknown as IncidentComparison;
}

describe('differenceWords', () => {
  it('says what the other has more and what it lacks', () => {
    expect(differenceWords(['panic-threshold'], ['dns-fallback'])).toEqual([
      'with DNS fallback',
      'without panic threshold',
    ]);
    expect(differenceWords(['dns-fallback'], ['dns-fallback'])).toEqual([]);
  });
});

describe('otherRunCommand', () => {
  const lostSong: RootCause = { kind: 'configuration', services: ['song'] };

  it('gives the run with the lesson, or without it where it was in force', () => {
    expect(otherRunCommand(comparison(lostSong))).toBe(
      'npm run lab -- empty-push --lesson endpoint-drop-guard',
    );
    expect(otherRunCommand(comparison(lostSong, 'endpoint-drop-guard'))).toBe(
      'npm run lab -- empty-push',
    );
    const failing: RootCause = { kind: 'calls', services: ['artist', 'song'] };
    expect(otherRunCommand(comparison(failing, 'panic-threshold'))).toBe(
      'npm run lab -- error-service --without panic-threshold',
    );
  });

  it('names scenarios for which the lab knows the lesson', () => {
    const kinds: readonly RootCause['kind'][] = ['configuration', 'control-plane', 'calls'];
    for (const kind of kinds) {
      const command = otherRunCommand(comparison({ kind, services: ['artist'] })) ?? '';
      const scenario = command.split(' ')[4] ?? '';
      const named = SAFEGUARDS.filter((name) => command.includes(`--lesson ${name}`));
      expect(named.length).toBeGreaterThan(0);
      for (const name of named) expect(LESSONS.get(name)?.scenarios).toContain(scenario);
    }
  });

  it('has none where no lesson is about the cause', () => {
    expect(otherRunCommand(comparison({ kind: 'dns', services: [] }))).toBeUndefined();
    expect(otherRunCommand(comparison({ kind: 'calls', services: ['image'] }))).toBeUndefined();
    expect(otherRunCommand(comparison({ kind: 'fatal-push', services: [] }))).toBeUndefined();
  });
});
