import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY, policySchema, safeguardsOf } from '#lab/control-plane/policy.ts';
import { SCENARIOS } from '#lab/scenarios/catalogue.ts';
import { keepsDeleted, LESSONS, policyOf, USUAL_LESSONS } from '#lab/scenarios/lessons.ts';
import { SAFEGUARDS } from '#telemetry/safeguard.ts';

describe('every lesson', () => {
  it('is one of those that telemetry has a name for, each once', () => {
    expect([...LESSONS.keys()]).toEqual(SAFEGUARDS);
  });

  it.each([...LESSONS.values()])('$name matters for scenarios that there are', (lesson) => {
    expect(lesson.scenarios.length).toBeGreaterThan(0);
    for (const name of lesson.scenarios) expect(SCENARIOS.has(name)).toBe(true);
  });

  it.each([...LESSONS.values()])('$name changes what is stated of it', ({ name }) => {
    const stated = (names: readonly (typeof SAFEGUARDS)[number][]) => ({
      ...safeguardsOf(policySchema.parse(policyOf(names))),
      'ignore-resource-deletion': keepsDeleted(names),
    });
    expect(stated([name])[name]).toBe(true);
    expect(stated([])[name]).toBe(false);
  });
});

it('the usual lessons are what a control plane does that was told nothing', () => {
  expect(policySchema.parse(policyOf(USUAL_LESSONS))).toEqual(DEFAULT_POLICY);
  expect(keepsDeleted(USUAL_LESSONS)).toBe(false);
});
