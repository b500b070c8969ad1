import type { ControlPlaneView, Push, XdsClient } from '#analysis/control-plane/xds-client.ts';
import { elapsedNs, NS_PER_SECOND, type UnixNano } from '#telemetry/time.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';

/** A push that clients refuse, or took though it is older than what they had: nothing fails by it yet. */
export interface Setback {
  readonly kind: 'push-rejected' | 'version-regressed';
  /** Of the first such push. */
  readonly unixNano: UnixNano;
  readonly type: XdsType;
  readonly version: string;
  readonly clients: readonly string[];
  readonly reason: string;
}

/** An older version stays with its clients until the next push: after this it is no news. */
const REGRESSION_MATTERS_NS = 60 * NS_PER_SECOND;

/** Setbacks that hold at `atUnixNano`, one per version refused and one for all that went back, ascending. */
export function findSetbacks(view: ControlPlaneView, atUnixNano: UnixNano): readonly Setback[] {
  const speaking = view.clients.filter((client) => !client.isSilent && client.connected);
  return [
    ...refusals(speaking, view.pushes, atUnixNano),
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
