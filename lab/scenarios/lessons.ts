import type { Safeguard } from '#telemetry/safeguard.ts';

/** How the mesh is to be run for one run. Each of the settings goes to the part that it is about. */
interface LessonSettings {
  /** Fields of the control plane's policy, with the lesson and without it. */
  readonly policy?: { readonly on?: object; readonly off?: object };
  /** Clients go on with resources that were deleted (gRFC A53). */
  readonly keepsDeleted?: boolean;
}

/** What was learnt from outages: each can be in force for a run or not, to see what it saves. */
export interface Lesson {
  readonly name: Safeguard;
  readonly title: string;
  /** As operators know it. */
  readonly technical: string;
  readonly effect: string;
  /** The outage or the document that taught it. */
  readonly taughtBy: { readonly title: string; readonly what: string };
  /** Where it changes what users see, for the better or the worse, most telling first. */
  readonly scenarios: readonly string[];
  /** In force unless a run goes without it. */
  readonly isUsual: boolean;
  readonly settings: LessonSettings;
}

const ALL: readonly Lesson[] = [
  {
    name: 'ignore-resource-deletion',
    title: 'Clients keep deleted names',
    technical: 'ignore_resource_deletion',
    effect: 'A release that loses a name leaves those who hold it routing on.',
    taughtBy: {
      title: 'gRPC proposal A53, Option for Ignoring xDS Resource Deletion (2022)',
      what: 'a control plane that drops resources by mistake must not take down clients that still hold them',
    },
    scenarios: ['march-8'],
    isUsual: false,
    settings: { keepsDeleted: true },
  },
  {
    name: 'dns-fallback',
    title: 'DNS when the mesh has no address',
    technical: 'aggregate cluster: EDS, then DNS',
    effect: 'Clients make the detour themselves, at once, and not by hand.',
    taughtBy: {
      title: 'Spotify Engineering, Incident Report: Spotify Outage on March 8 (11 March 2022)',
      what: 'the way out was DNS-based discovery, reached by hand in nearly two hours; gRPC proposal A37 makes it part of the cluster',
    },
    scenarios: ['empty-push', 'control-plane-crash'],
    isUsual: false,
    settings: { policy: { on: { dnsFallback: true } } },
  },
  {
    name: 'resource-ttl',
    title: 'Endpoints expire',
    technical: 'resource TTL of 6 s on endpoints',
    effect:
      'Addresses that nobody confirms are forgotten: with DNS to fall back to a way out, without it a delayed outage.',
    taughtBy: {
      title: 'Envoy documentation, xDS protocol: resource TTL',
      what: 'what a control plane that is gone has left behind should not be used for ever',
    },
    scenarios: ['control-plane-crash', 'partition'],
    isUsual: false,
    settings: { policy: { on: { endpointTtlSeconds: 6 } } },
  },
  {
    name: 'panic-threshold',
    title: 'Use all endpoints when most look ill',
    technical: 'healthy_panic_threshold 50%; without it 0%',
    effect:
      'Ejected endpoints are called again as soon as too few others are left: a service that fails in part is not cut off whole.',
    taughtBy: {
      title: 'istio issue 20135, All endpoints ejected when using outlier detection (2020)',
      what: 'at a threshold of 0, its default there, a service all of whose endpoints were ejected had "no healthy upstream"',
    },
    scenarios: ['error-service'],
    isUsual: true,
    settings: { policy: { off: { panicThresholdPercent: 0 } } },
  },
  {
    name: 'endpoint-drop-guard',
    title: 'Hold back mass deletion',
    technical: 'more than 30 % of the resources, or all endpoints of a service, at once',
    effect: 'The push never leaves the control plane until a person confirms it.',
    taughtBy: {
      title: 'Google Cloud status, incident LuGcJVjNTeC5Sb9pSJ9o (15 March 2022)',
      what: 'a release left customers without valid configuration; removals of that size are mostly mistakes',
    },
    scenarios: ['empty-push', 'march-8'],
    isUsual: false,
    settings: { policy: { on: { dropGuardPercent: 30 } } },
  },
];

export const LESSONS: ReadonlyMap<Safeguard, Lesson> = new Map(
  ALL.map((lesson) => [lesson.name, lesson]),
);

export const USUAL_LESSONS: readonly Safeguard[] = ALL.filter(({ isUsual }) => isUsual).map(
  ({ name }) => name,
);

/** The control plane's whole policy with these lessons in force and the others not. */
export function policyOf(inForce: readonly Safeguard[]): object {
  const fields = ALL.map(({ name, settings }) =>
    inForce.includes(name) ? settings.policy?.on : settings.policy?.off,
  );
  return Object.assign({}, ...fields);
}

export function keepsDeleted(inForce: readonly Safeguard[]): boolean {
  return inForce.some((name) => LESSONS.get(name)?.settings.keepsDeleted === true);
}
