import { addAdminServicesToServer, getChannelzHandlers, type Server } from '@grpc/grpc-js';
import type { Attributes } from '@opentelemetry/api';
import { z } from 'zod';
import type { CacheState, XdsClientReport, XdsTypeReport } from '#lab/xds/client-metrics.ts';
import { xdsTypeOf } from '#lab/xds/type-urls.ts';
import {
  ATTR_CDS_VERSION,
  ATTR_EDS_VERSION,
  ATTR_LDS_VERSION,
  ATTR_RDS_VERSION,
  ATTR_ROUTING_SOURCE,
  ATTR_XDS_CONFIG_AGE_MS,
  ATTR_XDS_CONNECTED,
} from '#telemetry/attributes.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';
import { readAcceptedVersions, toFullTypeUrl } from './accepted-versions.ts';

/** envoy.service.status.v3.ClientStatusResponse, the fields that are read. */
const ClientStatus = z.object({
  config: z.array(
    z.object({
      generic_xds_configs: z
        .array(
          z.object({
            type_url: z.string(),
            name: z.string(),
            version_info: z.string().nullish(),
            client_status: z.string(),
            error_state: z.object({ details: z.string(), version_info: z.string() }).nullish(),
          }),
        )
        .default([]),
    }),
  ),
});
/** grpc.channelz.v1.GetTopChannelsResponse. */
const TopChannels = z.object({
  channel: z.array(
    z.object({
      data: z.object({ target: z.string(), state: z.object({ state: z.string() }).nullish() }),
    }),
  ),
});

type XdsConfig = z.infer<typeof ClientStatus>['config'][number]['generic_xds_configs'][number];
type Unary = (
  call: { readonly request: object },
  callback: (error: unknown, reply?: unknown) => void,
) => void;

const ATTR_VERSIONS: Readonly<Record<XdsType, string>> = {
  LDS: ATTR_LDS_VERSION,
  RDS: ATTR_RDS_VERSION,
  CDS: ATTR_CDS_VERSION,
  EDS: ATTR_EDS_VERSION,
};
const CACHE_STATES: Readonly<Record<string, CacheState>> = {
  REQUESTED: 'requested',
  DOES_NOT_EXIST: 'does_not_exist',
  ACKED: 'acked',
  NACKED: 'nacked',
};

/**
 * What this process's gRPC library holds as an xDS client, from its own admin services: CSDS (gRFC A40) for the
 * resources, channelz (gRFC A14) for the connection to the control plane.
 */
export class GrpcClientReader {
  readonly #server: string;
  readonly #now: () => number;
  readonly #fetchClientStatus = findFetchClientStatus();
  /** Content per type as last seen, and since when. */
  readonly #seen = new Map<XdsType, { readonly text: string; readonly sinceMs: number }>();
  #wasConnected = false;
  #failures = 0;

  constructor(server: string, now: () => number) {
    this.#server = server;
    this.#now = now;
  }

  read(): XdsClientReport {
    const configs = ClientStatus.parse(callNow(this.#fetchClientStatus, { node_matchers: [] }));
    const resources = configs.config.flatMap((config) => config.generic_xds_configs);
    const accepted = readAcceptedVersions();
    const connected = this.#isConnected();
    if (this.#wasConnected && !connected) this.#failures += 1;
    this.#wasConnected = connected;
    return {
      connected,
      serverFailures: this.#failures,
      types: XDS_TYPES.map((type) =>
        this.#reportType(
          type,
          resources.filter((r) => xdsTypeOf(toFullTypeUrl(r.type_url)) === type),
          accepted.get(type),
        ),
      ),
    };
  }

  /** What a call that starts now is routed by, as a sidecar states it on its spans. */
  routingFacts(): Attributes {
    const connected = this.#isConnected();
    const changedMs = Math.max(...[...this.#seen.values()].map(({ sinceMs }) => sinceMs));
    return {
      [ATTR_ROUTING_SOURCE]: connected ? 'stream' : 'cache',
      [ATTR_XDS_CONNECTED]: connected,
      ...(changedMs > 0 && { [ATTR_XDS_CONFIG_AGE_MS]: Math.max(0, this.#now() - changedMs) }),
      ...Object.fromEntries(
        [...readAcceptedVersions()].map(([type, version]) => [ATTR_VERSIONS[type], version]),
      ),
    };
  }

  #reportType(
    type: XdsType,
    resources: readonly XdsConfig[],
    accepted: string | undefined,
  ): XdsTypeReport {
    const byState: Partial<Record<CacheState, number>> = {};
    for (const { client_status } of resources) {
      const state = CACHE_STATES[client_status] ?? 'requested';
      byState[state] = (byState[state] ?? 0) + 1;
    }
    const held = resources.filter((r) => r.client_status === 'ACKED');
    const missing = resources.filter((r) => r.client_status !== 'ACKED').map((r) => r.name);
    const refused = resources.find((r) => r.client_status === 'NACKED')?.error_state;
    const version = accepted ?? newest(held.map((r) => r.version_info ?? ''));
    return {
      type,
      ...(version !== '' && { received: refused?.version_info ?? version, acked: version }),
      ...(refused && { rejected: refused.version_info, rejectReason: refused.details }),
      changedMs: this.#changedMs(type, JSON.stringify(resources)),
      resourcesByState: byState,
      held: held.length,
      missing: missing.sort(),
    };
  }

  #changedMs(type: XdsType, text: string): number {
    const seen = this.#seen.get(type);
    if (seen?.text === text) return seen.sinceMs;
    const sinceMs = this.#now();
    this.#seen.set(type, { text, sinceMs });
    return sinceMs;
  }

  #isConnected(): boolean {
    const getTopChannels = getChannelzHandlers().GetTopChannels as unknown as Unary;
    const reply = callNow(getTopChannels, { start_channel_id: 0, max_results: 1000 });
    return TopChannels.parse(reply).channel.some(
      ({ data }) => data.target.endsWith(this.#server) && data.state?.state === 'READY',
    );
  }
}

/** The library registers CSDS for any gRPC server; a stand-in for the server is handed the implementation. */
function findFetchClientStatus(): Unary {
  let found: Unary | undefined;
  const addService = (_definition: unknown, implementation: Record<string, unknown>) => {
    const fetch = implementation['FetchClientStatus'];
    if (typeof fetch === 'function') found = fetch as Unary;
  };
  addAdminServicesToServer({ addService } as unknown as Server);
  if (!found) throw new Error('this gRPC library registers no CSDS');
  return found;
}

/** Both services answer before they return. */
function callNow(method: Unary, request: object): unknown {
  let answer: unknown;
  method({ request }, (error, reply) => {
    if (error) throw error;
    answer = reply;
  });
  return answer;
}

/** Versions are opaque; among equal-length decimal texts the greatest is the newest, else the last one seen. */
function newest(versions: readonly string[]): string {
  return versions.reduce(
    (best, version) =>
      best.length > version.length || (best.length === version.length && best > version)
        ? best
        : version,
    '',
  );
}
