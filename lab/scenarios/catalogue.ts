import { controlPlaneCrash } from './control-plane-crash.ts';
import {
  controlPlaneHang,
  crashAndChurn,
  lowerVersionRestart,
  partition,
  thunderingHerd,
} from './control-plane-stories.ts';
import { configTooBig, proxyCrashLoop } from './crash-stories.ts';
import { dnsEmpty, dnsFailure, dnsStale } from './dns-stories.ts';
import { march8 } from './march-8.ts';
import { badPush, delayedBlast, emptyPush, frozenUpdates, slowPush } from './push-stories.ts';
import type { Scenario } from './scenario.ts';
import { errorService, quiet, slowService, trafficSurge } from './service-stories.ts';

/** In the order in which they are offered. */
const ALL: readonly Scenario[] = [
  march8,
  controlPlaneCrash,
  crashAndChurn,
  emptyPush,
  badPush,
  delayedBlast,
  slowPush,
  frozenUpdates,
  controlPlaneHang,
  partition,
  lowerVersionRestart,
  thunderingHerd,
  dnsFailure,
  dnsStale,
  dnsEmpty,
  configTooBig,
  proxyCrashLoop,
  slowService,
  errorService,
  trafficSurge,
  quiet,
];

export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map(
  ALL.map((scenario) => [scenario.name, scenario]),
);
