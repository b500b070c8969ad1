import {
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { AnyAdsStream } from '#lab/control-plane/ads-stream.ts';
import type { TypeContents } from '#lab/control-plane/subscription-status.ts';
import type {
  ClientConfig,
  ClientStatusRequest,
  ClientStatusResponse,
  GenericXdsConfig,
} from '#lab/xds/client-status.ts';
import { TYPE_URL } from '#lab/xds/type-urls.ts';

/** How this server's view of a client is told (csds.proto, ConfigStatus). */
const CONFIG_STATUS = { acked: 'SYNCED', sent: 'STALE', refused: 'ERROR' } as const;

/**
 * Client Status Discovery, the server's side of it: what each client was sent, by this control plane's own account.
 * Matchers other than exact node ids are not served.
 */
export function clientStatusService(
  readStreams: () => Iterable<AnyAdsStream>,
): UntypedServiceImplementation {
  return {
    FetchClientStatus: (
      call: ServerUnaryCall<ClientStatusRequest, ClientStatusResponse>,
      callback: sendUnaryData<ClientStatusResponse>,
    ) => {
      const ids = requestedIds(call.request);
      if (ids === 'unsupported') callback(unsupported());
      else callback(null, describe(readStreams(), ids));
    },
    StreamClientStatus: (call: ServerDuplexStream<ClientStatusRequest, ClientStatusResponse>) => {
      call.on('data', (request: ClientStatusRequest) => {
        const ids = requestedIds(request);
        if (ids === 'unsupported') call.emit('error', unsupported());
        else call.write(describe(readStreams(), ids));
      });
      call.on('end', () => call.end());
      call.on('error', () => call.end());
    },
  };
}

function unsupported(): {
  readonly code: number;
  readonly details: string;
  name: string;
  message: string;
} {
  const details = 'node_matchers may only match node_id exactly';
  return { name: 'unsupported matcher', message: details, code: status.INVALID_ARGUMENT, details };
}

/** The node ids asked for; undefined for all. */
function requestedIds(
  request: ClientStatusRequest,
): ReadonlySet<string> | undefined | 'unsupported' {
  const matchers = request.node_matchers ?? [];
  if (matchers.length === 0) return undefined;
  const ids = matchers.map((matcher) => matcher.node_id?.exact);
  return ids.every((id) => id !== undefined) ? new Set(ids) : 'unsupported';
}

function describe(
  streams: Iterable<AnyAdsStream>,
  ids: ReadonlySet<string> | undefined,
): ClientStatusResponse {
  const config: ClientConfig[] = [];
  for (const stream of streams) {
    const { node } = stream;
    if (node?.id === undefined || ids?.has(node.id) === false) continue;
    config.push({ node, generic_xds_configs: stream.contents().flatMap(toConfigs) });
  }
  return { config };
}

function toConfigs(contents: TypeContents): readonly GenericXdsConfig[] {
  const type_url = TYPE_URL[contents.type];
  return [
    ...contents.entries.map((entry) => ({
      type_url,
      name: entry.name,
      version_info: `${entry.version}`,
      xds_config: entry.any,
      config_status: CONFIG_STATUS[contents.state],
    })),
    ...contents.missing.map((name) => ({ type_url, name, config_status: 'NOT_SENT' as const })),
  ];
}
