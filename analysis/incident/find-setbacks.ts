import type { ControlPlaneView, Push, XdsClient } from '#analysis/control-plane/xds-client.ts';
import { elapsedNs, NS_PER_SECOND, type UnixNano } from '#telemetry/time.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';

/**
 * A push that clients refuse, that ends them, or that they took though it is older than what they had; or clients that are
 * cut off while others are served. Nothing need fail by it yet.
 */
export interface Setback {
  readonly kind: 'push-rejected' | 'push-fatal' | 'version-regressed' | 'clients-cut-off';
  /** Of the first such push, or of the first stream that was lost. */
  readonly unixNano: UnixNano;
  /** Of what was pushed. */
  readonly type?: XdsType;
  readonly version?: string;
  readonly clients: readonly string[];
  readonly reason: string;
}

/** An older version stays with its clients until the next push: after this it is no news. */
const REGRESSION_MATTERS_NS = 60 * NS_PER_SECOND;
/** Sent so often without a word, and each time the stream ended: it is the push that ends the client. */
const FATAL_PUSHES = 2;
/** …or so many clients ended at once with the same one unanswered. */
const FATAL_CLIENTS = 2;
const AT_ONCE_NS = 2 * NS_PER_SECOND;
/** A client that goes on for so long after such a push has survived it. */
const FATAL_MATTERS_NS = 20 * NS_PER_SECOND;
/** Pings tell of one loss over several seconds: by then it is plain whether some were cut off or all. */
const CUT_OFF_FOR_NS = 9 * NS_PER_SECOND;

/** Setbacks that hold at `atUnixNano`, one per version refused and one for all that went back, ascending. */
export function findSetbacks(view: ControlPlaneView, atUnixNano: UnixNano): readonly Setback[] {
  const speaking = view.clients.filter((client) => !client.isSilent && client.connected);
  return [
    ...refusals(speaking, view.pushes, atUnixNano),
    ...fatalPushes(view, atUnixNano),
    ...cutOff(view, atUnixNano),
    ...regressions(speaking, view.pushes, atUnixNano),
  ].toSorted((a, b) => Number(a.unixNano - b.unixNano));
}

function refusals(
  clients: readonly XdsClient[],
  pushes: readonly Push[],
  atUnixNano: UnixNano,
): readonly Setback[] {
  const found = new Map<string, Setback>();
  for (const client of clients) {
    for (const type of XDS_TYPES) {
      const version = client.types[type]?.rejected;
      if (version === undefined || found.has(`${type} ${version}`)) continue;
      const refused = pushes.filter(
        (push) => push.type === type && push.version === version && push.outcome === 'nacked',
      );
      const reason = client.types[type]?.rejectReason ?? refused[0]?.reason ?? '';
      found.set(`${type} ${version}`, {
        kind: 'push-rejected',
        unixNano: firstOf(refused) ?? atUnixNano,
        type,
        version,
        clients: refusedBy(type, version, clients, refused),
        reason,
      });
    }
  }
  return [...found.values()];
}

/** The server hears of a refusal at once, the clients' own metrics tell of it within a second. */
function refusedBy(
  type: XdsType,
  version: string,
  clients: readonly XdsClient[],
  refused: readonly Push[],
): readonly string[] {
  const say = clients.filter((client) => client.types[type]?.rejected === version);
  return [...new Set([...refused.map((push) => push.client), ...say.map((c) => c.id)])].sort();
}

/**
 * One version of one type that was the last word to a client, again and again, or to several at once: who dies of it is
 * sent it again when it starts, which takes its time.
 */
function fatalPushes(view: ControlPlaneView, atUnixNano: UnixNano): readonly Setback[] {
  const byContent = new Map<string, Push[]>();
  for (const push of view.pushes) {
    if (push.outcome !== 'silent') continue;
    const key = `${push.type} ${push.version}`;
    byContent.set(key, [...(byContent.get(key) ?? []), push]);
  }
  return [...byContent.values()].flatMap((unanswered) => {
    const ended = endedAtOnce(unanswered, view);
    const dying = [...new Set(unanswered.map(({ client }) => client))]
      .filter((client) => isRepeated(client, unanswered) || ended.has(client))
      .filter((client) => isStillDying(client, unanswered, view.pushes, atUnixNano))
      .sort();
    const [push] = unanswered;
    const since = firstOf(unanswered.filter(({ client }) => dying.includes(client)));
    if (push === undefined || since === undefined) return [];
    const { type, version } = push;
    const reason = 'each stream ended with it unanswered';
    return [{ kind: 'push-fatal', unixNano: since, type, version, clients: dying, reason }];
  });
}

function isRepeated(client: string, unanswered: readonly Push[]): boolean {
  return unanswered.filter((push) => push.client === client).length >= FATAL_PUSHES;
}

/**
 * Clients whose streams ended right after it, while at least one other kept its own: so it was neither the server nor the
 * link. Of who never said a word of itself nobody can tell whether it died or left: it has to come back first. Endpoints
 * are pushed whenever instances leave, also to those that leave: of them several may miss the news.
 */
function endedAtOnce(unanswered: readonly Push[], view: ControlPlaneView): ReadonlySet<string> {
  const first = firstOf(unanswered);
  if (first === undefined || unanswered[0]?.type === 'EDS') return new Set();
  const known = new Set(view.clients.map(({ id }) => id));
  const ended = unanswered.filter(
    ({ unixNano, silentAfterNs, client }) =>
      known.has(client) &&
      elapsedNs(first, unixNano) <= AT_ONCE_NS &&
      (silentAfterNs ?? AT_ONCE_NS) < AT_ONCE_NS,
  );
  const ids = new Set(ended.map(({ client }) => client));
  const isServing = view.clients.some(
    (client) =>
      client.connected &&
      !client.isSilent &&
      !ids.has(client.id) &&
      client.connectedSinceUnixNano < first,
  );
  return isServing && ids.size >= FATAL_CLIENTS ? ids : new Set();
}

function isStillDying(
  client: string,
  unanswered: readonly Push[],
  pushes: readonly Push[],
  atUnixNano: UnixNano,
): boolean {
  const own = unanswered.filter((push) => push.client === client);
  const [newest, ...others] = own.map(({ unixNano }) => unixNano);
  if (newest === undefined) return false;
  const last = others.reduce((a, b) => (b > a ? b : a), newest);
  const survived = pushes.some(
    (push) =>
      push.client === client &&
      push.type === own[0]?.type &&
      push.unixNano > last &&
      push.outcome === 'acked',
  );
  return !survived && elapsedNs(last, atUnixNano) <= FATAL_MATTERS_NS;
}

/** Clients that live and have lost their stream, while most others keep theirs. */
function cutOff(view: ControlPlaneView, atUnixNano: UnixNano): readonly Setback[] {
  const { clients, server } = view;
  const lost = clients.filter(
    (client) =>
      client.verdict === 'stream-lost' &&
      !client.isSilent &&
      elapsedNs(client.connectedSinceUnixNano, atUnixNano) >= CUT_OFF_FOR_NS,
  );
  // Who came back after them lost its stream with them: then it was the server that went, and these are late.
  const served = clients.filter(
    (client) =>
      client.connected &&
      !client.isSilent &&
      lost.every((one) => client.connectedSinceUnixNano < one.connectedSinceUnixNano),
  );
  const isPart = lost.length > 0 && served.length * 2 > clients.length;
  if (view.state === 'lost' || server.silentSinceUnixNano !== undefined || !isPart) return [];
  const ids = lost.map((client) => client.id).sort();
  const unixNano = lost.map((client) => client.connectedSinceUnixNano).reduce(earlier);
  const reason = 'no stream, while the others keep theirs';
  return [{ kind: 'clients-cut-off', unixNano, clients: ids, reason }];
}

function regressions(
  clients: readonly XdsClient[],
  pushes: readonly Push[],
  atUnixNano: UnixNano,
): readonly Setback[] {
  const back = clients.flatMap((client) =>
    client.wentBack === undefined ? [] : [{ client, type: client.wentBack.type }],
  );
  const [first] = back;
  if (first === undefined) return [];
  const { type, client } = first;
  const version = client.types[type]?.acked ?? '';
  // Backoff brings clients back one after the other: all of them went back when the first one did.
  const unixNano = back.map((one) => tookBackAt(one.client, one.type, pushes)).reduce(earlier);
  if (elapsedNs(unixNano, atUnixNano) > REGRESSION_MATTERS_NS) return [];
  const ids = back.map((one) => one.client.id);
  return [
    { kind: 'version-regressed', unixNano, type, version, clients: ids, reason: client.reason },
  ];
}

/** The newest push of what it holds: the same version may have been sent before, too. */
function tookBackAt(client: XdsClient, type: XdsType, pushes: readonly Push[]): UnixNano {
  const version = client.types[type]?.acked;
  const push = pushes.find(
    (one) => one.client === client.id && one.type === type && one.version === version,
  );
  // Where pushes are not told: versions go back on a new stream.
  return push?.unixNano ?? client.connectedSinceUnixNano;
}

function earlier(a: UnixNano, b: UnixNano): UnixNano {
  return b < a ? b : a;
}

function firstOf(pushes: readonly Push[]): UnixNano | undefined {
  const [first, ...rest] = pushes.map(({ unixNano }) => unixNano);
  return first === undefined ? undefined : rest.reduce(earlier, first);
}
