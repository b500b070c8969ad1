import { buildClientView, CLIENT_VIEW_METRICS } from '#analysis/control-plane/build-client-view.ts';
import { buildControlPlaneView } from '#analysis/control-plane/build-control-plane-view.ts';
import { buildDnsView, DNS_VIEW_METRICS } from '#analysis/control-plane/build-dns-view.ts';
import {
  buildServerView,
  SERVER_VIEW_METRICS,
  SPAN_XDS_HELD_BACK,
  SPAN_XDS_PUSH,
  SPAN_XDS_RELEASE,
  toHeldPushes,
  toPushes,
  toReleases,
} from '#analysis/control-plane/build-server-view.ts';
import type {
  ControlPlaneView,
  DnsView,
  ServerView,
  XdsClient,
} from '#analysis/control-plane/xds-client.ts';
import type { Database } from '#store/client.ts';
import {
  readLatestMetricPoints,
  readMetricPoints,
} from '#store/metric-points/read-metric-points.ts';
import { readSpans } from '#store/spans/read-spans.ts';
import type { CallEdge } from '#telemetry/call-edge.ts';
import type { Span } from '#telemetry/span.ts';
import {
  addNs,
  endOfSecond,
  NS_PER_SECOND,
  type UnixNano,
  type UnixSecond,
} from '#telemetry/time.ts';

export interface ControlPlaneFacts {
  readonly view: ControlPlaneView;
  readonly dns: DnsView | undefined;
}

const METRIC_LOOKBACK_NS = 15 * NS_PER_SECOND;
const DNS_SECONDS = 5;
/** A push that nobody answers ends after 10 s, and its span comes only then. */
const PUSH_READ_SECONDS = 15;
const PUSH_MEMORY_SECONDS = 600;
const MAX_PUSH_SPANS = 2000;

/** Reads what xDS clients, control planes and DNS servers said up to the end of a second. */
export class ControlPlaneReader {
  readonly #db: Database;
  #pushSpans: ReadonlyMap<string, Span> = new Map();
  #dns: DnsView | undefined;

  constructor(db: Database) {
    this.#db = db;
  }

  async read(
    second: UnixSecond,
    before: {
      readonly clients: readonly XdsClient[];
      readonly server: ServerView | undefined;
    },
    calls: readonly CallEdge[],
  ): Promise<ControlPlaneFacts> {
    const atUnixNano = endOfSecond(second);
    const [points, dnsPoints, spans] = await Promise.all([
      readLatestMetricPoints(this.#db, {
        names: [...CLIENT_VIEW_METRICS, ...SERVER_VIEW_METRICS],
        atUnixNano,
        lookbackNs: METRIC_LOOKBACK_NS,
      }),
      readMetricPoints(this.#db, {
        names: DNS_VIEW_METRICS,
        window: {
          startUnixNano: addNs(atUnixNano, -DNS_SECONDS * NS_PER_SECOND),
          endUnixNano: atUnixNano,
        },
      }),
      this.#readPushSpans(atUnixNano, before.server?.service),
    ]);
    const pushes = toPushes(spans);
    const said = buildServerView({ atUnixNano, points });
    const view = buildControlPlaneView({
      atUnixNano,
      server: said.lastReportUnixNano === undefined ? lastWord(before.server, said) : said,
      clients: buildClientView({ atUnixNano, points, previous: before.clients, calls, pushes }),
      pushes,
      releases: toReleases(spans),
      heldPushes: toHeldPushes(spans),
    });
    this.#dns = buildDnsView(dnsPoints, this.#dns);
    return { view, dns: this.#dns };
  }

  async #readPushSpans(
    atUnixNano: UnixNano,
    service: string | undefined,
  ): Promise<readonly Span[]> {
    const lookback = this.#pushSpans.size === 0 ? PUSH_MEMORY_SECONDS : PUSH_READ_SECONDS;
    const fresh = await readSpans(this.#db, {
      ...(service === undefined ? {} : { service }),
      window: {
        startUnixNano: addNs(atUnixNano, -lookback * NS_PER_SECOND),
        endUnixNano: atUnixNano,
      },
      names: [SPAN_XDS_PUSH, SPAN_XDS_RELEASE, SPAN_XDS_HELD_BACK],
      limit: MAX_PUSH_SPANS,
    });
    const oldest = addNs(atUnixNano, -PUSH_MEMORY_SECONDS * NS_PER_SECOND);
    const known = [...this.#pushSpans.values(), ...fresh].filter(
      (span) => span.startUnixNano >= oldest,
    );
    this.#pushSpans = new Map(known.map((span) => [span.spanId, span]));
    return [...this.#pushSpans.values()];
  }
}

/** A control plane that fell silent longer ago than metrics are looked for. */
function lastWord(before: ServerView | undefined, nothing: ServerView): ServerView {
  if (before === undefined) return nothing;
  const since = before.silentSinceUnixNano ?? before.lastReportUnixNano;
  return since === undefined ? before : { ...before, silentSinceUnixNano: since };
}
