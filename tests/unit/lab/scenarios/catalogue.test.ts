import { describe, expect, it } from 'vitest';
import { policySchema } from '#lab/control-plane/policy.ts';
import { SCENARIOS } from '#lab/scenarios/catalogue.ts';
import { march8 } from '#lab/scenarios/march-8.ts';
import { delayMs, secondsAfter } from '#lab/scenarios/scenario.ts';

describe('march-8', () => {
  it('keeps the published clock, one minute a second', () => {
    const published = march8.steps
      .filter((step) => step.historic !== undefined)
      .map((step) => [step.historic, delayMs(step.atSeconds, march8.defaultSpeed)]);
    expect(published).toEqual([
      ['18:07', 2000],
      ['18:12', 7000],
      ['18:39', 34_000],
      ['20:35', 150_000],
      ['20:42', 157_000],
    ]);
  });

  it('switches each edge that it breaks to DNS before the mitigation and back after the rollback', () => {
    const switched = (mode: string) =>
      march8.steps.flatMap((step) =>
        step.actions.flatMap((action) =>
          action.kind === 'route' && action.mode === mode
            ? [`${action.caller} → ${action.callee}`]
            : [],
        ),
      );
    const broken = march8.hits.filter((edge) => edge !== 'gateway → login').toSorted();
    expect(switched('dns').toSorted()).toEqual(broken);
    expect(switched('xds').toSorted()).toEqual(broken);
  });
});

describe('every scenario', () => {
  it.each([...SCENARIOS.values()])('$name has its steps in order and inside its duration', (s) => {
    const times = s.steps.map((step) => step.atSeconds);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(-1)).toBeLessThan(s.durationSeconds);
  });

  it.each([...SCENARIOS.values()])('$name runs the mesh by a policy that there is', (s) => {
    expect(policySchema.safeParse(s.policy ?? {}).error).toBeUndefined();
  });

  it.each([...SCENARIOS.values()])('$name states its cause and cites what it follows', (s) => {
    expect(s.rootCause).not.toBe('');
    expect(s.cites.length).toBeGreaterThan(0);
  });
});

it('secondsAfter counts minutes of the day', () => {
  expect(secondsAfter('18:05', '20:35')).toBe(9000);
  expect(() => secondsAfter('18:05', 'noon')).toThrow(RangeError);
});
