import { getJson } from '#tests/support/http-json.ts';

interface FoundTraces {
  readonly traces: readonly { readonly traceId: string; readonly startUnixNano: string }[];
}

interface FoundTrace {
  readonly spans: readonly {
    readonly service: string;
    readonly kind: string;
    readonly status: string;
    readonly endUnixNano: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  }[];
}

/** Traces that began first are looked into: a call that fails at once ends in the order in which it began. */
const LOOKED_INTO = 25;
const WINDOW_NS = 10_000_000_000n;
const WHOLE_SECOND_NS = 1_000_000_000n;
const LIMIT = 500;

/** When the first call from `client` to `server` that failed in [since, until) ended, by its span; undefined for none. */
export async function firstFailure(
  dashboardUrl: string,
  edge: readonly [client: string, server: string],
  since: bigint,
  until: bigint,
): Promise<bigint | undefined> {
  for (let from = since; from < until; from += WINDOW_NS) {
    const first = await firstFailureIn(dashboardUrl, edge, from);
    if (first !== undefined) return first;
  }
  return undefined;
}

async function firstFailureIn(
  dashboardUrl: string,
  [client, server]: readonly [string, string],
  since: bigint,
): Promise<bigint | undefined> {
  const query = new URLSearchParams({
    service: client,
    status: 'error',
    attribute: `service.peer.name=${server}`,
    // A trace is dated by its root: a call that was under way is part of it.
    from: `${since - WHOLE_SECOND_NS}`,
    to: `${since + WINDOW_NS}`,
    limit: `${LIMIT}`,
  });
  const { traces } = await getJson<FoundTraces>(`${dashboardUrl}/api/v1/traces?${query}`);
  const earliest = traces
    .toSorted((a, b) => (BigInt(a.startUnixNano) < BigInt(b.startUnixNano) ? -1 : 1))
    .slice(0, LOOKED_INTO);
  const ends: bigint[] = [];
  for (const { traceId } of earliest) {
    const { spans } = await getJson<FoundTrace>(`${dashboardUrl}/api/v1/traces/${traceId}`);
    const failed = spans.filter(
      ({ service, kind, status, attributes }) =>
        service === client &&
        kind === 'client' &&
        status === 'error' &&
        attributes['service.peer.name'] === server,
    );
    ends.push(...failed.map(({ endUnixNano }) => BigInt(endUnixNano)));
  }
  return ends.filter((end) => end >= since).toSorted((a, b) => (a < b ? -1 : 1))[0];
}
