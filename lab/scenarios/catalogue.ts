import { controlPlaneCrash } from './control-plane-crash.ts';
import { march8 } from './march-8.ts';
import type { Scenario } from './scenario.ts';

/** In the order in which they are offered. */
export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map(
  [march8, controlPlaneCrash].map((scenario) => [scenario.name, scenario]),
);
