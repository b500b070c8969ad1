import type { HeldPush, Release } from '#analysis/control-plane/xds-client.ts';
import type { Setback } from '#analysis/incident/find-setbacks.ts';
import type { Severity } from '#analysis/incident/incident.ts';
import type { Evidence } from '#analysis/incident/incident-evidence.ts';
import { lengthOf, worstSlowdown } from '#analysis/incident/slowdown.ts';
import { edgeId } from '#analysis/service-map/edge-id.ts';
import { USERS } from '#telemetry/call-edge.ts';
import { isMesh } from '#telemetry/routing-mode.ts';
import { versionWord } from '#telemetry/version-word.ts';

/** An incident in two sentences: templates over facts, never free text. */
export interface IncidentWords {
  readonly title: string;
  readonly cause: string;
  readonly severity: Severity;
}

/** A callee is unreachable when hardly any call to it succeeds. */
const UNREACHABLE_RATIO = 0.9;

export function describeIncident(evidence: Evidence): IncidentWords {
  return { ...words(evidence), severity: severityOf(evidence) };
}

/** 1: users are hit or a service cannot be reached; 2: calls fail, or users wait; 3: nothing of it yet. */
function severityOf({ failing, slowdowns }: Evidence): Severity {
  if (failing.length === 0) return slowdowns.some(({ client }) => client === USERS) ? 2 : 3;
  const hit = failing.some((edge) => edge.client === USERS) || unreachable(failing).length > 0;
  return hit ? 1 : 2;
}

function words(evidence: Evidence): Omit<IncidentWords, 'severity'> {
  const harmless = evidence.failing.length === 0 ? harmlessWords(evidence) : undefined;
  return causeWords(evidence) ?? harmless ?? callsFail(evidence);
}

/** Whether more is known than that calls fail or are slow. */
export function knowsCause(evidence: Evidence): boolean {
  return causeWords(evidence) !== undefined;
}

function causeWords(evidence: Evidence): Omit<IncidentWords, 'severity'> | undefined {
  const { failing, missing, empty, massDeletion, detouredSince } = evidence;
  // Instances whose proxies die leave the registry: what is then missing is the effect.
  const fatal = setbackOf(evidence, 'push-fatal');
  if (fatal !== undefined) return pushKills(evidence, fatal);
  const byConfig = failing.some((edge) => edge.noConfigRatio > 0.5);
  const isDeleted = massDeletion !== undefined && missing.length > empty.length;
  const isCause = isDeleted || byConfig || detouredSince !== undefined;
  if (missing.length > 0 && isCause) return configLost(evidence);
  if (evidence.controlPlane.state === 'lost') return controlPlaneLost(evidence);
  const setback = setbackWords(evidence);
  if (setback !== undefined) return setback;
  return failing.some((edge) => edge.dnsRatio > 0.5) ? dnsFailing(evidence) : undefined;
}

/** What clients suffer from the control plane, the most certain cause first. */
function setbackWords(evidence: Evidence): Omit<IncidentWords, 'severity'> | undefined {
  const refused = setbackOf(evidence, 'push-rejected');
  if (refused !== undefined) return pushRefused(evidence, refused);
  const cut = setbackOf(evidence, 'clients-cut-off');
  return cut && clientsCutOff(evidence, cut);
}

/** While no call fails. */
function harmlessWords(evidence: Evidence): Omit<IncidentWords, 'severity'> | undefined {
  const { heldPush, massDeletion, slowdowns } = evidence;
  if (heldPush !== undefined) return pushHeldBack(evidence, heldPush);
  if (massDeletion !== undefined) return deletionKept(evidence, massDeletion);
  const older = setbackOf(evidence, 'version-regressed');
  if (older !== undefined) return versionsWentBack(evidence, older);
  return slowdowns.length > 0 ? callsAreSlow(evidence) : undefined;
}

/** "Release r42 (v10)": the name is the operators', the version the clients'. */
function releaseWords({ release, version }: Release): string {
  return release === ''
    ? `Release ${versionWord(version)}`
    : `Release ${release} (${versionWord(version)})`;
}

function setbackOf({ setbacks }: Evidence, kind: Setback['kind']): Setback | undefined {
  return setbacks.find((setback) => setback.kind === kind);
}

function pushRefused(evidence: Evidence, setback: Setback): Omit<IncidentWords, 'severity'> {
  const { type, version, clients, reason } = setback;
  const by = `${clients.length} of ${evidence.controlPlane.clients.length} clients`;
  return {
    title: `Push rejected: ${type} ${versionWord(version ?? '')} by ${by}${effectOf(evidence.failing)}`,
    cause: `Clients refuse what the control plane sends (${reason}). Those that hold an earlier configuration go on with it; one that starts now has none.`,
  };
}

function pushHeldBack(
  { controlPlane }: Evidence,
  { names, reason }: HeldPush,
): Omit<IncidentWords, 'severity'> {
  const lost = names.length === 0 ? 'endpoints' : list(names);
  return {
    title: `Push held back: ${controlPlane.clients.length} clients would have lost ${lost}`,
    cause: `The control plane's guard did not let a step out: ${reason}. Clients keep ${names.length === 0 ? 'what' : 'of these services what'} was published before, until the step is confirmed or taken back.`,
  };
}

function deletionKept(
  { controlPlane }: Evidence,
  release: Release,
): Omit<IncidentWords, 'severity'> {
  const { resourcesBefore, resourcesAfter } = release;
  const keepers = controlPlane.clients.filter(({ restartRisk }) => restartRisk === 'would-break');
  return {
    title: `Mesh configuration lost and kept: ${resourcesBefore - resourcesAfter} of ${resourcesBefore} resources gone at the control plane`,
    cause: `${releaseWords(release)} took them away. ${keepers.length} of ${controlPlane.clients.length} xDS clients go on with what they hold; one that starts now has none.`,
  };
}

function pushKills(evidence: Evidence, setback: Setback): Omit<IncidentWords, 'severity'> {
  const { type, version, clients } = setback;
  const by = `${clients.length} of ${evidence.controlPlane.clients.length} clients`;
  return {
    title: `Proxies die of a push: ${type} ${versionWord(version ?? '')} at ${by}${effectOf(evidence.failing)}`,
    cause: `${list(clients)} end each time they are sent ${type} ${versionWord(version ?? '')}, and are sent it again when they start. Nothing passes a proxy while it is down.`,
  };
}

function clientsCutOff(evidence: Evidence, setback: Setback): Omit<IncidentWords, 'severity'> {
  const { clients } = setback;
  const by = `${clients.length} of ${evidence.controlPlane.clients.length} clients`;
  return {
    title: `Cut off from the control plane: ${by}${effectOf(evidence.failing)}`,
    cause: `${list(clients)} lost the control plane while the others keep it: what changes since is unknown to them, and they call addresses of their last known configuration.`,
  };
}

function versionsWentBack(evidence: Evidence, setback: Setback): Omit<IncidentWords, 'severity'> {
  const by = `${setback.clients.length} of ${evidence.controlPlane.clients.length} clients`;
  return {
    title: `Older configuration at ${by}`,
    cause: `The control plane sends versions below those it sent before, as one that lost its state does: ${setback.reason}. Clients take them.`,
  };
}

function configLost(evidence: Evidence): Omit<IncidentWords, 'severity'> {
  const { missing, lacking, massDeletion, failing } = evidence;
  if (evidence.empty.length === missing.length) return endpointsLost(evidence);
  const served = new Set([...missing, ...meshCallees(evidence)]);
  const effect = effectOf(failing);
  const what =
    massDeletion === undefined
      ? 'The configuration that clients acknowledged lacks'
      : `${releaseWords(massDeletion)} took away ${massDeletion.resourcesBefore - massDeletion.resourcesAfter} of ${massDeletion.resourcesBefore} resources:`;
  const { clients } = evidence.controlPlane;
  const failed = clients.filter((client) => client.verdict === 'failing').length;
  const toll = failed === 0 ? '' : `, ${failed} of them find no address for their calls`;
  return {
    title: `Mesh configuration lost: ${missing.length} of ${served.size} names gone${effect}`,
    cause: `${what} ${missing.join(', ')}. ${lacking.length} of ${clients.length} xDS clients lack them${toll}.`,
  };
}

function endpointsLost({
  empty,
  lacking,
  controlPlane,
  failing,
}: Evidence): Omit<IncidentWords, 'severity'> {
  return {
    title: `Endpoints lost: none left for ${list(empty)}${effectOf(failing)}`,
    cause: `The configuration that clients acknowledged names no endpoint of ${empty.join(', ')}, at ${lacking.length} of ${controlPlane.clients.length} xDS clients.`,
  };
}

function controlPlaneLost(evidence: Evidence): Omit<IncidentWords, 'severity'> {
  const { clients } = evidence.controlPlane;
  const cut = clients.filter((client) => !client.connected).length;
  return {
    title: `Control plane lost: ${cut} of ${clients.length} clients on their last configuration${effectOf(evidence.failing)}`,
    cause: ['The control plane is gone.', ...lostByCallers(evidence)].join(' '),
  };
}

/** Whose calls fail without a control plane: those with an old map, and those that started since and have none. */
function lostByCallers({ failing }: Evidence): readonly string[] {
  const origins = originsOf(failing);
  const without = origins.filter((edge) => edge.noConfigRatio > 0.5);
  const stale = origins.filter((edge) => edge.noConfigRatio <= 0.5);
  if (origins.length === 0) return ['Clients go on with their last known configuration.'];
  return [
    ...(stale.length === 0
      ? []
      : [
          `Endpoints of ${serversOf(stale)} have changed since: ${callersOf(stale)} call addresses of their last known configuration.`,
        ]),
    ...(without.length === 0
      ? []
      : [
          `${callersOf(without)} got no configuration from it and find no address of ${serversOf(without)}.`,
        ]),
  ];
}

function serversOf(edges: Evidence['failing']): string {
  return list([...new Set(edges.map((edge) => edge.server))].sort());
}

function callersOf(edges: Evidence['failing']): string {
  return list([...new Set(edges.map((edge) => nameOf(edge.client)))].sort());
}

function dnsFailing({ failing }: Evidence): Omit<IncidentWords, 'severity'> {
  const callees = [...new Set(failing.map((edge) => edge.server))].sort();
  return {
    title: `Calls found by DNS fail${effectOf(failing)}`,
    cause: `Callers of ${list(callees)} look it up by DNS and fail.`,
  };
}

function callsFail({ failing }: Evidence): Omit<IncidentWords, 'severity'> {
  const origins = originsOf(failing);
  const edge = origins[0] ?? failing[0];
  if (edge === undefined) return { title: 'Configuration changed', cause: 'No call fails.' };
  const share = Math.round((edge.errors / Math.max(1, edge.calls)) * 100);
  const names = list([...new Set(origins.map((origin) => origin.server))].sort());
  return {
    title: `Calls to ${names} fail: ${share}% of those from ${nameOf(edge.client)}`,
    cause: `The failures begin at ${names}; what calls it fails with it.`,
  };
}

/** The service whose own time grew first, by the edge that shows it most. */
function callsAreSlow(evidence: Evidence): Omit<IncidentWords, 'severity'> {
  const { slowdowns } = evidence;
  const origins = [...new Set(slowdowns.map(({ origin }) => origin))];
  const edge = worstSlowdown(slowdowns);
  if (edge === undefined) return callsFail(evidence);
  const waiting = [...new Set(slowdowns.map(({ client }) => client))].filter(
    (client) => !origins.includes(client),
  );
  const { before, during } = edge;
  const callers = list(waiting.map(nameOf).sort());
  const effect =
    waiting.length === 0
      ? ''
      : `; ${callers} ${waiting.length === 1 && waiting[0] !== USERS ? 'waits' : 'wait'} for it`;
  return {
    title: `${list(origins.toSorted())} slow: p50 ${lengthOf(during.p50Ns)}, ${lengthOf(before.p50Ns)} before`,
    cause: `Calls from ${nameOf(edge.client)} to ${edge.server} take ${lengthOf(during.p50Ns)} at the median and ${lengthOf(during.p99Ns)} at p99, where it was ${lengthOf(before.p50Ns)} and ${lengthOf(before.p99Ns)}. The time is lost at ${list(origins.toSorted())}${effect}. No call fails.`,
  };
}

/** Failing edges whose callee does not itself fail to reach another: where failures begin. */
function originsOf(failing: Evidence['failing']): Evidence['failing'] {
  const callers = new Set(failing.map((edge) => edge.client));
  const origins = failing.filter((edge) => !callers.has(edge.server));
  return origins.length === 0 ? failing : origins;
}

function effectOf(failing: Evidence['failing']): string {
  const names = unreachable(failing);
  if (names.length > 0) return `, ${list(names)} unreachable`;
  const origins = [...new Set(originsOf(failing).map((edge) => edge.server))].sort();
  return origins.length === 0 ? '' : `, calls to ${list(origins)} fail`;
}

function unreachable(failing: Evidence['failing']): readonly string[] {
  const byServer = new Map<string, { calls: number; errors: number }>();
  for (const edge of originsOf(failing)) {
    const sum = byServer.get(edge.server) ?? { calls: 0, errors: 0 };
    byServer.set(edge.server, { calls: sum.calls + edge.calls, errors: sum.errors + edge.errors });
  }
  return [...byServer]
    .filter(([, sum]) => sum.errors >= sum.calls * UNREACHABLE_RATIO)
    .map(([server]) => server)
    .sort();
}

function meshCallees({ edges }: Evidence): readonly string[] {
  return [...new Map(edges.map((edge) => [edgeId(edge) + edge.mode, edge])).values()]
    .filter((edge) => isMesh(edge.mode))
    .map((edge) => edge.server);
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 3);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

function nameOf(client: string): string {
  return client === USERS ? 'users' : client;
}
