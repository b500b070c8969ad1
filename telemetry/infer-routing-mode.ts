import type { RoutingMode } from './routing-mode.ts';

/** What a client span and its resource say about how the callee was found. Absent fields were not said. */
export interface RoutingEvidence {
  /** `mesh.routing.mode`, `mesh.routing.source`, `mesh.xds.connected`. */
  readonly statedMode?: string;
  readonly statedSource?: string;
  readonly connected?: boolean;
  readonly errorType?: string;
  /** `grpc.target`, `rpc.target` or `url.full`: only the scheme counts. */
  readonly grpcTarget?: string;
  readonly urlFull?: string;
  readonly upstreamCluster?: string;
  readonly responseFlags?: string;
  readonly statusMessage?: string;
  /** `component=proxy`, or a resource that names itself a proxy. */
  readonly isProxy?: boolean;
  readonly isIstio?: boolean;
  readonly isLinkerd?: boolean;
  readonly lbBackendService?: string;
  readonly lbLocality?: string;
  readonly rpcSystem?: string;
  readonly serverAddress?: string;
  readonly serverPort?: number;
  readonly networkPeerAddress?: string;
  /** A `dns.lookup` span is a child or a sibling of this one, at most a second before. */
  readonly hasDnsLookup?: boolean;
  readonly parentIsProxy?: boolean;
}

type RoutingConfidence = 'certain' | 'high' | 'medium' | 'none';

export interface InferredRouting {
  readonly mode: RoutingMode;
  readonly confidence: RoutingConfidence;
  /** The row of the table that decided; 17 when none did. */
  readonly rule: number;
  /** True when the call goes to the caller's own sidecar, whose span tells the rest. */
  readonly toSidecar?: boolean;
}

/** User pattern of rule 8: clusters that a proxy resolves by DNS. */
const DNS_CLUSTER = /-dns$|^dns_|strict_dns/;
/** Ports on which Istio's, Linkerd's and Detour's own sidecars take an application's outgoing calls. */
const SIDECAR_PORTS: ReadonlySet<number> = new Set([15001, 4140]);

const PASSTHROUGH = new Set(['PassthroughCluster', 'InboundPassthroughCluster', 'original_dst']);
const DNS_ERRORS =
  /^(ENOTFOUND|EAI_AGAIN|ESERVFAIL|NXDOMAIN|host_not_found|dns_nxdomain|dns_servfail|dns_timeout)$/i;
const DNS_MESSAGE = /Name resolution failed for target dns:/;
const XDS_MESSAGE =
  /\bxds\b|xds:\/\/\/|CDS resource|Listener .* does not exist|Cluster resource .* does not exist|priority policy has empty priority list|weighted_target/i;
/** What gRPC says of a target that gave it no address to try: grpc-js, C-core, gRPC-Java. */
const NO_ADDRESS_MESSAGE =
  /No connection established\. Last error: null|empty address list|no usable address/i;
/** The sidecar asked its configuration and found no address. */
const NO_CONFIG_ERRORS = new Set(['no_mapping', 'empty_endpoints']);

type Rule = (evidence: RoutingEvidence) => InferredRouting | undefined;

/**
 * How the callee was found, by the first rule whose evidence is there. The order is the order of certainty: what was
 * stated, then what a target or proxy proves, then what addresses suggest. Nothing matches: `unknown`, never a guess.
 */
export function inferRoutingMode(evidence: RoutingEvidence): InferredRouting {
  for (const rule of RULES) {
    const found = rule(evidence);
    if (found) return found;
  }
  return { mode: 'unknown', confidence: 'none', rule: 17 };
}

const RULES: readonly Rule[] = [
  statedMode,
  targetScheme,
  passthroughCluster,
  blackHoleCluster,
  failedDnsLookup,
  dnsCluster,
  proxySpan,
  loadBalancerLabels,
  xdsMessage,
  linkerdSpan,
  proxylessGrpcJs,
  dnsLookupSpan,
  ipLiteral,
  resolvedName,
];

function statedMode({
  statedMode: stated,
  ...evidence
}: RoutingEvidence): InferredRouting | undefined {
  const mode = stated === undefined ? undefined : modeOfStatement(stated, evidence);
  return mode && { mode, confidence: 'certain', rule: 1 };
}

function modeOfStatement(stated: string, evidence: RoutingEvidence): RoutingMode | undefined {
  switch (stated) {
    case 'xds':
    case 'mesh':
      return xdsMode(evidence);
    case 'dns':
    case 'static':
    case 'direct':
      return stated;
    default:
      return undefined;
  }
}

/** "Asked and got nothing" counts above where the configuration came from. */
function xdsMode(evidence: RoutingEvidence): RoutingMode {
  const { errorType, statedSource, connected } = evidence;
  if (errorType !== undefined && NO_CONFIG_ERRORS.has(errorType)) return 'xds-none';
  if (isWithoutAddress(evidence)) return 'xds-none';
  // Envoy: no healthy upstream, no cluster, no route.
  if (hasFlag(evidence, /^(UH|NC|NR)$/)) return 'xds-none';
  if (statedSource === 'fallback') return 'xds-fallback';
  if (statedSource === 'cache' || connected === false) return 'xds-cached';
  return 'xds-live';
}

/** A proxyless client whose channel has no endpoints fails with a message about its xDS resources. */
function isWithoutAddress({ grpcTarget, urlFull, statusMessage }: RoutingEvidence): boolean {
  const message = statusMessage ?? '';
  if (!/^xds:/i.test(grpcTarget ?? urlFull ?? '')) return false;
  return XDS_MESSAGE.test(message) || NO_ADDRESS_MESSAGE.test(message);
}

/** Rules 2 to 4: a gRPC target's scheme names the resolver. gRPC Name Resolution (doc/naming.md): dns is the default. */
function targetScheme(evidence: RoutingEvidence): InferredRouting | undefined {
  const target = evidence.grpcTarget ?? schemeOnly(evidence.urlFull);
  if (target === undefined || target === '') return undefined;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(target)?.[1]?.toLowerCase();
  if (scheme === 'xds') {
    return { mode: xdsMode(evidence), confidence: 'certain', rule: 2 };
  }
  if (scheme === 'dns') return { mode: 'dns', confidence: 'certain', rule: 3 };
  if (scheme && ['ipv4', 'ipv6', 'unix', 'static'].includes(scheme)) {
    return { mode: 'direct', confidence: 'certain', rule: 4 };
  }
  return evidence.grpcTarget === undefined ? undefined : bareTarget(target);
}

/** `http://song/…` says nothing about resolution; `xds:///song` in the same attribute does. */
function schemeOnly(url: string | undefined): string | undefined {
  return url !== undefined && /^(xds|dns|ipv4|ipv6|unix|static):/i.test(url) ? url : undefined;
}

/** A target without a scheme that gRPC knows: an address, or a host name and so DNS. */
function bareTarget(target: string): InferredRouting {
  const host = target.replace(/:\d+$/, '');
  return isIpLiteral(host)
    ? { mode: 'direct', confidence: 'certain', rule: 4 }
    : { mode: 'dns', confidence: 'certain', rule: 3 };
}

function passthroughCluster({ upstreamCluster }: RoutingEvidence): InferredRouting | undefined {
  return upstreamCluster !== undefined && PASSTHROUGH.has(upstreamCluster)
    ? { mode: 'direct', confidence: 'high', rule: 5 }
    : undefined;
}

/** Envoy response flags: NR no route, NC no cluster. */
function blackHoleCluster(evidence: RoutingEvidence): InferredRouting | undefined {
  return evidence.upstreamCluster === 'BlackHoleCluster' || hasFlag(evidence, /^(NC|NR)$/)
    ? { mode: 'xds-none', confidence: 'high', rule: 6 }
    : undefined;
}

function failedDnsLookup(evidence: RoutingEvidence): InferredRouting | undefined {
  const failed =
    hasFlag(evidence, /^DF$/) ||
    DNS_ERRORS.test(evidence.errorType ?? '') ||
    DNS_MESSAGE.test(evidence.statusMessage ?? '');
  return failed ? { mode: 'dns', confidence: 'high', rule: 7 } : undefined;
}

function dnsCluster({ isProxy, upstreamCluster }: RoutingEvidence): InferredRouting | undefined {
  return isProxy && DNS_CLUSTER.test(upstreamCluster ?? '')
    ? { mode: 'dns', confidence: 'high', rule: 8 }
    : undefined;
}

function proxySpan({
  isIstio,
  isProxy,
  upstreamCluster,
}: RoutingEvidence): InferredRouting | undefined {
  const istioCluster = upstreamCluster?.startsWith('outbound|') ?? false;
  return isIstio || istioCluster || isProxy
    ? { mode: 'xds-live', confidence: 'medium', rule: 9 }
    : undefined;
}

function loadBalancerLabels(evidence: RoutingEvidence): InferredRouting | undefined {
  return evidence.lbBackendService || evidence.lbLocality
    ? { mode: 'xds-live', confidence: 'high', rule: 10 }
    : undefined;
}

function xdsMessage({ statusMessage }: RoutingEvidence): InferredRouting | undefined {
  return statusMessage !== undefined && XDS_MESSAGE.test(statusMessage)
    ? { mode: 'xds-none', confidence: 'high', rule: 11 }
    : undefined;
}

function linkerdSpan({ isLinkerd }: RoutingEvidence): InferredRouting | undefined {
  return isLinkerd ? { mode: 'xds-live', confidence: 'medium', rule: 12 } : undefined;
}

/** OpenTelemetry's grpc-js instrumentation finds no host and port in `xds:///…` and leaves them out. */
function proxylessGrpcJs(evidence: RoutingEvidence): InferredRouting | undefined {
  const nameless = evidence.serverAddress === undefined && evidence.serverPort === undefined;
  return evidence.rpcSystem === 'grpc' && nameless && evidence.networkPeerAddress === undefined
    ? { mode: 'xds-live', confidence: 'medium', rule: 13 }
    : undefined;
}

function dnsLookupSpan({ hasDnsLookup }: RoutingEvidence): InferredRouting | undefined {
  return hasDnsLookup ? { mode: 'dns', confidence: 'medium', rule: 14 } : undefined;
}

function ipLiteral(evidence: RoutingEvidence): InferredRouting | undefined {
  const { serverAddress, serverPort, parentIsProxy } = evidence;
  if (serverAddress === undefined) return undefined;
  if (isLoopback(serverAddress) && serverPort !== undefined && SIDECAR_PORTS.has(serverPort)) {
    return { mode: 'unknown', confidence: 'none', rule: 15, toSidecar: true };
  }
  return isIpLiteral(serverAddress) && !parentIsProxy
    ? { mode: 'direct', confidence: 'medium', rule: 15 }
    : undefined;
}

function resolvedName(evidence: RoutingEvidence): InferredRouting | undefined {
  const { serverAddress, networkPeerAddress, parentIsProxy } = evidence;
  if (serverAddress === undefined || networkPeerAddress === undefined || parentIsProxy) {
    return undefined;
  }
  return serverAddress !== 'localhost' && isIpLiteral(networkPeerAddress)
    ? { mode: 'dns', confidence: 'medium', rule: 16 }
    : undefined;
}

function hasFlag({ responseFlags }: RoutingEvidence, flag: RegExp): boolean {
  return responseFlags?.split(',').some((one) => flag.test(one.trim())) ?? false;
}

function isIpLiteral(host: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(host) || /^\[?[0-9a-f]*:[0-9a-f:.]*\]?$/i.test(host);
}

function isLoopback(host: string): boolean {
  return /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host) || host === '::1' || host === 'localhost';
}
