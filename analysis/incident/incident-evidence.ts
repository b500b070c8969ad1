import { emptyNames, missingNames } from '#analysis/control-plane/judge-client.ts';
import type {
  ControlPlaneView,
  HeldPush,
  Release,
  XdsClient,
} from '#analysis/control-plane/xds-client.ts';
import type { FailingEdge } from '#analysis/incident/find-failures.ts';
import { findSetbacks, type Setback } from '#analysis/incident/find-setbacks.ts';
import type { Slowdown } from '#analysis/incident/slowdown.ts';
import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import type { Unfinished } from '#analysis/routing/to-service-shifts.ts';
import type { CallEdgeSecond } from '#telemetry/call-edge.ts';
import {
  elapsedNs,
  endOfSecond,
  NS_PER_SECOND,
  secondOf,
  startOfSecond,
  type UnixNano,
  type UnixSecond,
} from '#telemetry/time.ts';

/** What one closed second has to say about an incident. */
export interface Evidence {
  readonly second: UnixSecond;
  readonly failing: readonly FailingEdge[];
  /** That the incident has seen, and those that began. */
  readonly slowdowns: readonly Slowdown[];
  /** Names that connected clients ask for and no longer get, stuck clients' apart. */
  readonly missing: readonly string[];
  /** Those of them that are held, without an endpoint. */
  readonly empty: readonly string[];
  /** Clients that lack names, stuck ones apart. */
  readonly lacking: readonly XdsClient[];
  readonly controlPlane: ControlPlaneView;
  /** A release that took away much of the configuration, with clients that miss it or keep what is gone. */
  readonly massDeletion: Release | undefined;
  /** Of a step that a control plane's guard did not let out. */
  readonly heldPush: HeldPush | undefined;
  /** When clients lost names whose callers have gone to DNS since; undefined when none has. */
  readonly detouredSince: UnixNano | undefined;
  readonly controlPlaneLostSince: UnixNano | undefined;
  /** That were not told before. */
  readonly setbacks: readonly Setback[];
  readonly dnsFailingSinceUnixNano?: UnixNano | undefined;
  /** Since the incident began or, before that, lately; ascending by their instant. */
  readonly shifts: readonly RoutingShift[];
  /** Of the failure window, up to `second`. */
  readonly edges: readonly CallEdgeSecond[];
}

/** From this share of removed resources on, a release with clients that miss something is a mass deletion. */
const MASS_DELETION_RATIO = 0.25;
const RELEASE_MATTERS_NS = 60 * NS_PER_SECOND;
/** Clients say each second what they hold: who lacks what was deleted has said so by then. */
const KEPT_AFTER_NS = 3 * NS_PER_SECOND;
/** Shorter losses are reconnects. */
const LOST_FOR_NS = 3 * NS_PER_SECOND;

export function gatherEvidence(input: {
  readonly second: UnixSecond;
  readonly edges: readonly CallEdgeSecond[];
  readonly failing: readonly FailingEdge[];
  readonly slowdowns: readonly Slowdown[];
  readonly controlPlane: ControlPlaneView;
  readonly shifts: readonly RoutingShift[];
  readonly dnsFailingSinceUnixNano?: UnixNano | undefined;
  /** What lies before it has been told. */
  readonly quietSinceUnixNano: UnixNano | undefined;
}): Evidence {
  const at = endOfSecond(input.second);
  const lacking = input.controlPlane.clients.filter(
    (client) =>
      !client.isSilent &&
      client.connected &&
      client.verdict !== 'stuck' &&
      lackedNames(client).length > 0,
  );
  const gone = new Set(lacking.flatMap(missingNames));
  const empty = [...new Set(lacking.flatMap(emptyNames))].filter((name) => !gone.has(name));
  const { quietSinceUnixNano = 0n } = input;
  const missing = [...gone, ...empty].sort();
  const isNews = (at: { readonly unixNano: UnixNano }) => at.unixNano > quietSinceUnixNano;
  return {
    ...input,
    missing,
    empty: empty.sort(),
    lacking,
    massDeletion: deletionThatMatters(input.controlPlane, lacking, at, isNews),
    heldPush: input.controlPlane.heldPushes?.find(
      (held) => isNews(held) && elapsedNs(held.unixNano, at) <= RELEASE_MATTERS_NS,
    ),
    detouredSince: detouredSince(missing, lacking, input.shifts, quietSinceUnixNano),
    controlPlaneLostSince: lostSince(input.controlPlane, at),
    setbacks: findSetbacks(input.controlPlane, at).filter(isNews),
  };
}

/** Names that a client asks for and cannot reach: gone, or held without an endpoint. */
export function lackedNames(client: XdsClient): readonly string[] {
  return [...new Set([...missingNames(client), ...emptyNames(client)])].sort();
}

function deletionThatMatters(
  view: ControlPlaneView,
  lacking: readonly XdsClient[],
  at: UnixNano,
  isNews: (release: Release) => boolean,
): Release | undefined {
  // An endpoint list that is empty is nothing that a release took away: the one instance may just restart.
  if (lacking.some((client) => missingNames(client).length > 0)) return massDeletion(view, at);
  // Nobody misses it yet; who keeps what is gone would, with the next restart.
  const isKept = view.clients.some(
    ({ connected, isSilent, verdict, restartRisk }) =>
      connected && !isSilent && verdict === 'in-sync' && restartRisk === 'would-break',
  );
  const deletion = isKept ? massDeletion(view, at) : undefined;
  if (deletion === undefined || !isNews(deletion)) return undefined;
  return elapsedNs(deletion.unixNano, at) >= KEPT_AFTER_NS ? deletion : undefined;
}

/** Callers that find their way by DNS feel nothing: what sent them there is known from what clients hold. */
function detouredSince(
  missing: readonly string[],
  lacking: readonly XdsClient[],
  shifts: readonly RoutingShift[],
  quietSince: bigint,
): UnixNano | undefined {
  const isDetoured = shifts.some(
    (shift) =>
      shift.direction === 'to-dns' &&
      missing.includes(shift.server) &&
      shift.toUnixNano > quietSince,
  );
  if (!isDetoured) return undefined;
  return earliest(
    lacking
      .flatMap((client) => Object.values(client.types))
      .filter((state) => state.missing.length > 0 || (state.empty ?? []).length > 0)
      .map((state) => state.changedUnixNano)
      .filter((instant) => instant > quietSince),
  );
}

function massDeletion(view: ControlPlaneView, at: UnixNano): Release | undefined {
  return view.releases.find(({ unixNano, resourcesBefore, resourcesAfter }) => {
    const removed = resourcesBefore - resourcesAfter;
    const matters = elapsedNs(unixNano, at) <= RELEASE_MATTERS_NS;
    // A control plane that starts publishes nothing at first, and takes nothing away.
    return matters && removed > 0 && removed >= resourcesBefore * MASS_DELETION_RATIO;
  });
}

/** Only a client that had a configuration and says now that its stream is gone has lost a control plane. */
function lostSince(view: ControlPlaneView, at: UnixNano): UnixNano | undefined {
  const since = view.stateSinceUnixNano;
  if (view.state !== 'lost' || since === undefined) return undefined;
  const witness = view.clients.some(
    (client) => !client.isSilent && client.verdict === 'stream-lost',
  );
  return witness && elapsedNs(since, at) >= LOST_FOR_NS ? since : undefined;
}

/** What keeps services from having moved altogether. */
export function unfinishedMoves({ failing, controlPlane }: Evidence): Unfinished {
  const stuck = new Map<string, number>();
  for (const client of controlPlane.clients) {
    if (client.verdict !== 'stuck') continue;
    const names = Math.max(1, missingNames(client).length);
    stuck.set(client.service, (stuck.get(client.service) ?? 0) + names);
  }
  return { failing: new Set(failing.map((edge) => edge.client)), stuck };
}

/** The first sign: a release, the loss of a stream, the first failed or slow call. Undefined when nothing is wrong. */
export function firstEvidence(evidence: Evidence): UnixNano | undefined {
  const exact = earliest([
    ...(evidence.massDeletion === undefined ? [] : [evidence.massDeletion.unixNano]),
    ...(evidence.controlPlaneLostSince === undefined ? [] : [evidence.controlPlaneLostSince]),
    ...(evidence.heldPush === undefined ? [] : [evidence.heldPush.unixNano]),
    ...(evidence.detouredSince === undefined ? [] : [evidence.detouredSince]),
    ...evidence.setbacks.map((setback) => setback.unixNano),
  ]);
  const failed = earliest([
    ...evidence.failing.map((edge) => startOfSecond(edge.sinceSecond)),
    ...evidence.slowdowns.map((slowdown) => slowdown.startUnixNano),
  ]);
  if (exact === undefined || failed === undefined) return exact ?? failed;
  // Failures are known to the second: one that holds the cause too began after it.
  return secondOf(exact) === secondOf(failed) || exact < failed ? exact : failed;
}

function earliest(instants: readonly UnixNano[]): UnixNano | undefined {
  return instants.reduce<UnixNano | undefined>(
    (first, instant) => (first === undefined || instant < first ? instant : first),
    undefined,
  );
}
