import { missingNames } from '#analysis/control-plane/judge-client.ts';
import type {
  Claim,
  ControlPlaneView,
  HeldPush,
  Push,
  Release,
  ServerView,
  XdsClient,
} from '#analysis/control-plane/xds-client.ts';
import { elapsedNs, NS_PER_SECOND, type UnixNano } from '#telemetry/time.ts';
import { versionWord } from '#telemetry/version-word.ts';

/** Pings and backoff spread the news of one loss over so long. */
const TOGETHER_NS = 20 * NS_PER_SECOND;

export interface ControlPlaneInput {
  readonly atUnixNano: UnixNano;
  readonly server: ServerView;
  readonly clients: readonly XdsClient[];
  readonly pushes: readonly Push[];
  readonly releases: readonly Release[];
  readonly heldPushes?: readonly HeldPush[];
}

/** Both views side by side, and what they make together. */
export function buildControlPlaneView(input: ControlPlaneInput): ControlPlaneView {
  const state = stateOf(input);
  const since = stateSince(state, input);
  return {
    atUnixNano: input.atUnixNano,
    state,
    summary: summarise(state, input),
    ...(since === undefined ? {} : { stateSinceUnixNano: since }),
    server: input.server,
    clients: input.clients,
    claims: input.clients.length === 0 ? [] : claimsOf(input),
    pushes: input.pushes,
    releases: input.releases,
    ...(input.heldPushes === undefined ? {} : { heldPushes: input.heldPushes }),
  };
}

/** Whatever is not in sync and matters: a name gone that nothing calls is grey, not red. */
export function isInTrouble(client: XdsClient): boolean {
  return client.verdict !== 'in-sync' && client.verdict !== 'names-gone';
}

function stateOf({ server, clients }: ControlPlaneInput): ControlPlaneView['state'] {
  const everReported = server.lastReportUnixNano !== undefined;
  if (clients.length === 0 && !everReported) return 'none';
  const connected = clients.filter((client) => client.connected).length;
  const allCut = clients.length > 0 && connected === 0;
  const silent = server.silentSinceUnixNano !== undefined;
  // Silent alone may be lost telemetry: clients that still hold a stream know better. And a server that speaks while
  // most of its clients have lost it is cut off from them.
  const hasLost = clients.some((client) => client.verdict === 'stream-lost' && !client.isSilent);
  if (allCut || ((silent || hasLost) && connected * 2 < clients.length)) return 'lost';
  const fine = clients.every((client) => client.verdict === 'in-sync');
  return fine && !silent ? 'healthy' : 'degraded';
}

function stateSince(
  state: ControlPlaneView['state'],
  { server, clients }: ControlPlaneInput,
): UnixNano | undefined {
  if (state !== 'lost') return undefined;
  const cuts = clients
    .filter((client) => !client.connected)
    .map((client) => client.connectedSinceUnixNano);
  const known =
    server.silentSinceUnixNano === undefined ? cuts : [...cuts, server.silentSinceUnixNano];
  return startOfBurst(known);
}

/** The first of those that went together: one that has been cut for long tells of another time. */
function startOfBurst(instants: readonly UnixNano[]): UnixNano | undefined {
  const newestFirst = instants.toSorted((a, b) => (a < b ? 1 : -1));
  const end = newestFirst.findIndex((instant, index) => {
    const before = newestFirst[index + 1];
    return before === undefined || elapsedNs(before, instant) > TOGETHER_NS;
  });
  return newestFirst[end];
}

function summarise(state: ControlPlaneView['state'], input: ControlPlaneInput): string {
  const { server, clients } = input;
  const version = server.version === undefined ? '' : ` ${versionWord(server.version)}`;
  if (state === 'none') return 'no control plane seen';
  if (state === 'lost') {
    const since = stateSince(state, input);
    const age = since === undefined ? '' : ` ${seconds(elapsedNs(since, input.atUnixNano))} ago`;
    return `lost${age}, last known${version === '' ? ': nothing' : version}`;
  }
  const silent =
    server.silentSinceUnixNano === undefined
      ? []
      : [`silent for ${seconds(elapsedNs(server.silentSinceUnixNano, input.atUnixNano))}`];
  const troubles = [...silent, ...countVerdicts(clients)];
  if (troubles.length === 0) return `${plural(clients.length, 'client')} in sync with${version}`;
  return troubles.join(', ');
}

const VERDICT_WORDS: Readonly<Record<XdsClient['verdict'], string>> = {
  failing: 'acknowledged and failing',
  stuck: 'stuck',
  rejected: 'refused',
  'stream-lost': 'without a stream',
  'names-gone': 'with names gone',
  'not-acked': 'not acknowledged',
  'older-version': 'on an older version',
  'never-connected': 'never connected',
  'in-sync': 'in sync',
};

function countVerdicts(clients: readonly XdsClient[]): readonly string[] {
  return Object.entries(VERDICT_WORDS).flatMap(([verdict, words]) => {
    const count = clients.filter((client) => client.verdict === verdict).length;
    return count === 0 || verdict === 'in-sync' ? [] : [`${count} of ${clients.length} ${words}`];
  });
}

function claimsOf(input: ControlPlaneInput): readonly Claim[] {
  return [reachable(input), streams(input), versions(input), names(input), acknowledgements(input)];
}

function reachable({ server, clients, atUnixNano }: ControlPlaneInput): Claim {
  const silent = server.silentSinceUnixNano;
  const up = clients.filter((client) => client.connected).length;
  const speaks = server.lastReportUnixNano !== undefined && silent === undefined;
  return {
    subject: 'alive',
    server:
      silent === undefined
        ? speaks
          ? 'reports'
          : 'never reported'
        : `silent for ${seconds(elapsedNs(silent, atUnixNano))}`,
    clients: up > 0 ? `${up} of ${clients.length} hold a stream` : 'no client holds a stream',
    agrees: speaks === up > 0,
    critical: clients.length > 0 && up === 0,
  };
}

function streams({ server, clients }: ControlPlaneInput): Claim {
  const up = clients.filter((client) => client.connected).length;
  const said = server.connectedClients;
  return {
    subject: 'streams',
    server: said === undefined ? unsaid(server) : lastKnown(server, `${said} open`),
    clients: `${up} of ${clients.length} open`,
    agrees: said === undefined || said === up,
    critical: false,
  };
}

const BEHIND: readonly XdsClient['verdict'][] = [
  'rejected',
  'stream-lost',
  'not-acked',
  'older-version',
  'never-connected',
];

function versions({ server, clients }: ControlPlaneInput): Claim {
  const holders = clients.filter((client) =>
    Object.values(client.types).some((state) => state.acked === server.version),
  ).length;
  return {
    subject: 'configuration',
    server:
      server.version === undefined
        ? unsaid(server)
        : lastKnown(server, versionWord(server.version)),
    clients:
      server.version === undefined
        ? heldVersions(clients)
        : `held by ${holders} of ${clients.length}`,
    // Types have versions of their own, and a client is sent only what it asks for: an older one may be all there is.
    agrees: clients.every((client) => !BEHIND.includes(client.verdict)),
    critical: false,
  };
}

function names({ server, clients }: ControlPlaneInput): Claim {
  const lacking = clients.filter((client) => missingNames(client).length > 0);
  const gone = [...new Set(lacking.flatMap(missingNames))].sort();
  const served = server.resources.CDS ?? server.resources.LDS;
  return {
    subject: 'names',
    server: served === undefined ? unsaid(server) : lastKnown(server, `serves ${served}`),
    clients:
      gone.length === 0
        ? 'none missing'
        : `${gone.join(', ')} missing at ${plural(lacking.length, 'client')}`,
    agrees: gone.length === 0,
    critical: lacking.some((client) => client.verdict === 'failing'),
  };
}

function acknowledgements({ server, clients }: ControlPlaneInput): Claim {
  const failing = clients.filter(
    (client) => client.verdict === 'failing' || client.verdict === 'stuck',
  );
  const refused = clients.filter((client) => client.verdict === 'rejected');
  const said = server.nacks === 0 ? 'all acknowledged' : `${server.nacks} refused so far`;
  const seen = [
    ...(failing.length > 0 ? [`${failing.length} acknowledged and failing`] : []),
    ...(refused.length > 0 ? [`${refused.length} refuse`] : []),
  ];
  return {
    subject: 'acknowledged',
    server: server.lastReportUnixNano === undefined ? unsaid(server) : lastKnown(server, said),
    clients: seen.length === 0 ? 'calls find their addresses' : seen.join(', '),
    agrees: failing.length === 0 && (refused.length === 0 || server.nacks > 0),
    critical: failing.some((client) => client.noConfigRatio > 0),
  };
}

function heldVersions(clients: readonly XdsClient[]): string {
  const held = clients.flatMap((client) =>
    Object.values(client.types).flatMap((state) =>
      state.acked === undefined ? [] : [state.acked],
    ),
  );
  const distinct = [...new Set(held)].sort();
  return distinct.length === 0 ? 'none held' : `hold ${distinct.join(', ')}`;
}

function unsaid(server: ServerView): string {
  return server.lastReportUnixNano === undefined ? 'never reported' : 'not said';
}

function lastKnown(server: ServerView, words: string): string {
  return server.silentSinceUnixNano === undefined ? words : `last known: ${words}`;
}

function seconds(ns: number): string {
  return `${Math.max(0, Math.round(ns / NS_PER_SECOND))} s`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
