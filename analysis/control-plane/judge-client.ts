import { findRegression } from '#analysis/control-plane/find-regression.ts';
import type {
  Push,
  XdsClient,
  XdsClientVerdict,
  XdsTypeState,
} from '#analysis/control-plane/xds-client.ts';
import type { CallEdge } from '#telemetry/call-edge.ts';
import { addNs, elapsedNs, NS_PER_SECOND, type UnixNano } from '#telemetry/time.ts';
import { versionWord } from '#telemetry/version-word.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';

/** A client before it is judged. */
export type ClientFacts = Omit<
  XdsClient,
  'verdict' | 'reason' | 'wentBack' | 'noConfigRatio' | 'restartRisk' | 'isSilent'
>;

export interface ClientEvidence {
  readonly atUnixNano: UnixNano;
  readonly previous: XdsClient | undefined;
  /** Other xDS clients of the same service. */
  readonly siblings: readonly ClientFacts[];
  /** Recent calls of its service. */
  readonly calls: readonly CallEdge[];
  /** To this client, newest first. */
  readonly pushes: readonly Push[];
}

/** Metrics come each second; after three missed ones a client is silent. */
const SILENT_AFTER_NS = 4 * NS_PER_SECOND;
/** Calls of so long are looked at, and what they say comes a second late. */
const SETTLED_AFTER_NS = 7 * NS_PER_SECOND;
/** A stray call that found no address, e.g. one under way while names came back, is no verdict. */
const FAILING_RATIO = 0.05;
/** Responses of the other types carry only what changed (xds_protocol.rst, "Resource warming"). */
const CARRIES_ALL: ReadonlySet<XdsType> = new Set(['LDS', 'CDS']);

type Verdict = Pick<XdsClient, 'verdict' | 'reason' | 'wentBack'>;
type Judgement = (client: ClientFacts, facts: Facts) => Verdict | undefined;

interface Facts extends ClientEvidence {
  readonly noConfigRatio: number;
  readonly missing: readonly string[];
  readonly empty: readonly string[];
  /** The server sent more than the client holds, and the client said yes. */
  readonly wasOffered: boolean;
}

export function judgeClient(client: ClientFacts, evidence: ClientEvidence): XdsClient {
  const missing = missingNames(client);
  const facts: Facts = {
    ...evidence,
    noConfigRatio: noConfigRatio(client, evidence),
    missing,
    empty: emptyNames(client),
    // Envoy's resources are counted by its statistics, and are fewer than what it was sent.
    wasOffered:
      client.kind !== 'envoy' &&
      states(client).some(([type, state]) => wasOfferedMore(type, state, evidence)),
  };
  const { verdict, reason, wentBack } = firstVerdict(client, facts);
  const silentNs = elapsedNs(client.lastReportUnixNano, evidence.atUnixNano);
  return {
    ...client,
    isSilent: silentNs > SILENT_AFTER_NS,
    verdict,
    reason: silentNs > SILENT_AFTER_NS ? `silent, last known: ${reason}` : reason,
    ...(wentBack === undefined ? {} : { wentBack }),
    noConfigRatio: facts.noConfigRatio,
    restartRisk: restartRisk(client, verdict, facts),
  };
}

/**
 * Resource names come per type; people ask for services: `song-route` and `song` are one name. What was never answered
 * is not gone: a client that starts has to wait for it.
 */
export function missingNames(client: ClientFacts): readonly string[] {
  return namesOf(client, (state) => (state.acked === undefined ? [] : state.missing));
}

/** Names that are held and lead to no endpoint. */
export function emptyNames(client: ClientFacts): readonly string[] {
  return namesOf(client, (state) => state.empty ?? []);
}

function awaitedNames(client: ClientFacts): readonly string[] {
  return namesOf(client, (state) => (state.acked === undefined ? state.missing : []));
}

function namesOf(
  client: ClientFacts,
  pick: (state: XdsTypeState) => readonly string[],
): readonly string[] {
  const names = states(client).flatMap(([, state]) => pick(state).map(serviceOfResource));
  return [...new Set(names)].sort();
}

function serviceOfResource(name: string): string {
  return name.replace(/-route$/, '');
}

const JUDGEMENTS: readonly Judgement[] = [
  isStuck,
  isFailing,
  isRejected,
  isDisconnected,
  lacksNames,
  isNotAcked,
  isOlder,
];

function firstVerdict(client: ClientFacts, facts: Facts): Verdict {
  for (const judgement of JUDGEMENTS) {
    const verdict = judgement(client, facts);
    if (verdict !== undefined) return verdict;
  }
  return { verdict: 'in-sync', reason: 'connected, everything acknowledged' };
}

function isStuck(client: ClientFacts, facts: Facts): Verdict | undefined {
  if (!client.connected || rejectedType(client) !== undefined) return undefined;
  // A loss shows in spans at once and in the client's metrics a second or two later.
  const failsOn = (facts.previous?.noConfigRatio ?? 0) >= FAILING_RATIO && isSettled(facts);
  const holdsAll = [facts.missing, facts.empty, awaitedNames(client)].every((n) => n.length === 0);
  if (failsOn && facts.noConfigRatio >= FAILING_RATIO && holdsAll) {
    const share = `${percent(facts.noConfigRatio)} of its calls find no address`;
    return { verdict: 'stuck', reason: `every name is held and acknowledged, yet ${share}` };
  }
  if (facts.missing.length === 0 || !facts.wasOffered) return undefined;
  const names = facts.missing.join(', ');
  return { verdict: 'stuck', reason: `${names}: sent again and acknowledged, yet not taken up` };
}

function isSettled({ pushes, atUnixNano }: Facts): boolean {
  const newest = pushes[0];
  if (newest === undefined) return true;
  const ageNs = elapsedNs(newest.unixNano, atUnixNano) - (newest.ackAfterNs ?? 0);
  return ageNs > SETTLED_AFTER_NS;
}

function isFailing(client: ClientFacts, facts: Facts): Verdict | undefined {
  if (!client.connected || rejectedType(client) !== undefined) return undefined;
  const lacks = whatIsLacking(client, facts);
  if (lacks === undefined || facts.noConfigRatio < FAILING_RATIO) return undefined;
  return {
    verdict: 'failing',
    reason: `${lacks}, acknowledged: ${percent(facts.noConfigRatio)} of its calls find no address`,
  };
}

function whatIsLacking(client: ClientFacts, { missing, empty }: Facts): string | undefined {
  if (missing.length > 0) return `${missing.join(', ')} gone${fromVersion(client)}`;
  return empty.length > 0 ? `${empty.join(', ')} without endpoints` : undefined;
}

function isRejected(client: ClientFacts): Verdict | undefined {
  const type = rejectedType(client);
  if (type === undefined) return undefined;
  const state = client.types[type];
  const why = state?.rejectReason === undefined ? '' : `: ${state.rejectReason}`;
  return {
    verdict: 'rejected',
    reason: `${type} ${versionWord(state?.rejected ?? '')} refused${why}`,
  };
}

function isDisconnected(client: ClientFacts): Verdict | undefined {
  if (client.connected) return undefined;
  const holds = states(client).some(([, state]) => state.acked !== undefined);
  if (!holds) return { verdict: 'never-connected', reason: 'no stream and no configuration' };
  return {
    verdict: 'stream-lost',
    reason: `no stream, goes on with ${versionWord(ackedVersion(client) ?? 'what it holds')}`,
  };
}

function lacksNames(client: ClientFacts, facts: Facts): Verdict | undefined {
  const lacks = whatIsLacking(client, facts);
  if (lacks === undefined) return undefined;
  return { verdict: 'names-gone', reason: `${lacks}, no call needs it now` };
}

function isNotAcked(client: ClientFacts, facts: Facts): Verdict | undefined {
  const late = facts.pushes.find(
    (push) => newestPush(push.type, facts) === push && push.outcome === 'silent',
  );
  if (late !== undefined && client.types[late.type]?.acked !== late.version) {
    return {
      verdict: 'not-acked',
      reason: `${late.type} ${versionWord(late.version)} sent, no answer`,
    };
  }
  const awaited = client.connected ? awaitedNames(client) : [];
  if (awaited.length > 0) {
    return { verdict: 'not-acked', reason: `${awaited.join(', ')} asked for, no answer yet` };
  }
  const open = states(client).find(
    ([, state]) => state.received !== undefined && state.received !== state.acked,
  );
  if (open === undefined) return undefined;
  return {
    verdict: 'not-acked',
    reason: `${open[0]} ${open[1].received} received, not acknowledged`,
  };
}

function isOlder(client: ClientFacts, { previous }: Facts): Verdict | undefined {
  const wentBack = previous && findRegression(previous, client.types);
  if (wentBack === undefined) return undefined;
  const reason = `${wentBack.type} went back from ${versionWord(wentBack.fromVersion)}`;
  return { verdict: 'older-version', reason, wentBack };
}

/**
 * Share of the client's recent calls that found no address, 0..1. Spans name their service, not their xDS client: where
 * a service has several, a callee belongs to the client that misses its name or has it as target.
 */
function noConfigRatio(client: ClientFacts, { calls, siblings }: ClientEvidence): number {
  const own = claimedCallees(client);
  const others = new Set(siblings.flatMap(claimedCallees));
  const mine = calls.filter((edge) =>
    own.length > 0 ? own.includes(edge.server) : !others.has(edge.server),
  );
  const judged = mine.length > 0 || own.length === 0 || client.target ? mine : calls;
  const asked = judged.reduce((sum, edge) => sum + edge.calls, 0);
  const lost = judged.reduce((sum, edge) => sum + (edge.mode === 'xds-none' ? edge.calls : 0), 0);
  return asked === 0 ? 0 : lost / asked;
}

function claimedCallees(client: ClientFacts): readonly string[] {
  const target = client.target?.replace(/^[a-z]+:\/*/, '').replace(/[.:].*$/, '');
  const names = missingNames(client);
  return target === undefined || target === '' ? names : [...names, target];
}

function restartRisk(
  client: ClientFacts,
  verdict: XdsClientVerdict,
  facts: Facts,
): XdsClient['restartRisk'] {
  if (elapsedNs(client.lastReportUnixNano, facts.atUnixNano) > 15 * SILENT_AFTER_NS) {
    return 'unknown';
  }
  if (verdict === 'failing' || verdict === 'never-connected') return 'stays-broken';
  if (verdict === 'stream-lost' || verdict === 'rejected') return 'would-break';
  const holdsMore = states(client).some(([type, state]) => {
    if (!CARRIES_ALL.has(type)) return false;
    const push = newestPush(type, facts);
    return push?.outcome === 'acked' && push.resources < state.resources;
  });
  return holdsMore ? 'would-break' : 'safe';
}

function wasOfferedMore(type: XdsType, state: XdsTypeState, evidence: ClientEvidence): boolean {
  if (state.missing.length === 0 || state.acked === undefined) return false;
  if (!CARRIES_ALL.has(type)) return false;
  const push = newestPush(type, evidence);
  // Metrics come each second: a push younger than the report may not be in it yet.
  return (
    push?.outcome === 'acked' &&
    push.resources > heldSince(type, state, evidence) &&
    elapsedNs(push.unixNano, evidence.atUnixNano) > SILENT_AFTER_NS
  );
}

/** What the push brought that the held content comes from: a client may have let go of names by itself since. */
function heldSince(type: XdsType, state: XdsTypeState, { pushes }: ClientEvidence): number {
  const from = pushes.find(
    (push) => push.type === type && push.unixNano <= addNs(state.changedUnixNano, NS_PER_SECOND),
  );
  return from?.resources ?? state.resources;
}

function newestPush(type: XdsType, evidence: Pick<ClientEvidence, 'pushes'>): Push | undefined {
  return evidence.pushes.find((push) => push.type === type);
}

function rejectedType(client: ClientFacts): XdsType | undefined {
  return states(client).find(([, state]) => state.rejected !== undefined)?.[0];
}

function fromVersion(client: ClientFacts): string {
  const version = ackedVersion(client);
  return version === undefined ? '' : ` from ${versionWord(version)}`;
}

/** Of the content that changed last. */
function ackedVersion(client: ClientFacts): string | undefined {
  const newest = [...states(client)]
    .filter(([, state]) => state.acked !== undefined)
    .sort(([, a], [, b]) => elapsedNs(a.changedUnixNano, b.changedUnixNano))[0];
  return newest?.[1].acked;
}

function states(client: ClientFacts): readonly (readonly [XdsType, XdsTypeState])[] {
  return XDS_TYPES.flatMap((type) => {
    const state = client.types[type];
    return state === undefined ? [] : [[type, state] as const];
  });
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)}%`;
}
