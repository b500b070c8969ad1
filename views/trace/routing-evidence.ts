import { attributeText } from '#telemetry/attribute-text.ts';
import type { RoutingEvidence } from '#telemetry/infer-routing-mode.ts';
import type { Span } from '#telemetry/span.ts';

/** In order of preference: today's names, then those they replaced. */
const TEXTS = {
  statedMode: ['mesh.routing.mode'],
  statedSource: ['mesh.routing.source'],
  errorType: ['error.type'],
  grpcTarget: ['grpc.target', 'rpc.target'],
  urlFull: ['url.full', 'http.url'],
  upstreamCluster: ['upstream_cluster.name', 'upstream_cluster'],
  responseFlags: ['response_flags'],
  lbBackendService: ['grpc.lb.backend_service'],
  lbLocality: ['grpc.lb.locality'],
  rpcSystem: ['rpc.system'],
  serverAddress: ['server.address', 'net.peer.name'],
  networkPeerAddress: ['network.peer.address', 'net.sock.peer.addr'],
} as const;

/** All attributes that `routingEvidence` looks at. */
export const ROUTING_KEYS: readonly string[] = [
  ...Object.values(TEXTS).flat(),
  'mesh.xds.connected',
  'server.port',
  'net.peer.port',
  'component',
];

/** What one span says about how its callee was found; what needs other spans is left out. */
export function routingEvidence(span: Span): RoutingEvidence {
  const evidence: Record<string, unknown> = {};
  for (const [field, keys] of Object.entries(TEXTS)) {
    const key = keys.find((candidate) => span.attributes.has(candidate));
    if (key !== undefined) evidence[field] = attributeText(span.attributes.get(key));
  }
  const connected = span.attributes.get('mesh.xds.connected');
  if (connected !== undefined) evidence['connected'] = String(connected) === 'true';
  const port = span.attributes.get('server.port') ?? span.attributes.get('net.peer.port');
  if (port !== undefined) evidence['serverPort'] = Number(port);
  if (span.statusMessage !== '') evidence['statusMessage'] = span.statusMessage;
  if (span.attributes.get('component') === 'proxy') evidence['isProxy'] = true;
  return evidence;
}
