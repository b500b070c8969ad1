import {
  ATTR_CDS_VERSION,
  ATTR_EDS_VERSION,
  ATTR_LDS_VERSION,
  ATTR_RDS_VERSION,
  ATTR_ROUTING_MODE,
  ATTR_ROUTING_SOURCE,
  ATTR_XDS_CONNECTED,
} from '#telemetry/attributes.ts';
import type { CircuitLimits } from './circuit-breakers.ts';
import type { Endpoint } from './endpoint.ts';
import type { OutlierSettings } from './outlier-detection.ts';
import type { Resource, XdsCache } from './xds-cache.ts';
import type { Cluster, VirtualHost } from './xds-resources.ts';

export type ServiceMode = 'xds' | 'dns' | 'static';

/** Where the requests of one cluster go. A name is resolved when a request needs it. */
export type Target =
  | (TargetBase & {
      readonly kind: 'endpoints';
      readonly endpoints: readonly Endpoint[];
      readonly panicBelow?: number;
      readonly reportsLoad?: boolean;
      /** The next member of an aggregate cluster: for when all of these endpoints are ejected. */
      readonly behind?: Target;
    })
  | (TargetBase & {
      readonly kind: 'name';
      readonly hostname: string;
      readonly port: number;
    });

interface TargetBase {
  readonly weight: number;
  /** Whose limits are counted together: the cluster; the service where there is no cluster. */
  readonly cluster: string;
  /** Envoy's defaults when undefined. */
  readonly limits?: CircuitLimits;
  /** The proxy's own when undefined. */
  readonly outliers?: OutlierSettings;
}

type RouteAttributes = Readonly<Record<string, string | boolean>>;

/** How requests to one service travel, and what their spans say about it: both from the same configuration. */
export type Route =
  | {
      readonly kind: 'forward';
      readonly targets: readonly Target[];
      readonly timeoutMs?: number;
      readonly attributes: RouteAttributes;
    }
  | {
      readonly kind: 'unroutable';
      readonly errorType: 'no_mapping' | 'empty_endpoints';
      readonly detail: string;
      readonly attributes: RouteAttributes;
    }
  /** Asked for and not answered yet. */
  | { readonly kind: 'pending'; readonly detail: string; readonly attributes: RouteAttributes };

/** Read once per request. Replaced whole, never edited, so that a span cannot name what did not route it. */
export interface RouteTable {
  readonly routes: ReadonlyMap<string, Route>;
  /** When the last response was accepted; undefined before the first. */
  readonly acceptedMs: number | undefined;
}

export interface RoutingInputs {
  readonly cache: XdsCache;
  readonly connected: boolean;
  readonly acceptedMs: number | undefined;
  readonly services: ReadonlySet<string>;
  readonly modeOf: (service: string) => ServiceMode;
  readonly staticEndpoints: ReadonlyMap<string, readonly Endpoint[]>;
  /** A service's host name is its name in this zone. */
  readonly dnsZone: string;
  /** A records carry no port: every proxy of the mesh listens on this one. */
  readonly dnsPort: number;
}

export const EMPTY_TABLE: RouteTable = { routes: new Map(), acceptedMs: undefined };

export const BY_NAME = { [ATTR_ROUTING_MODE]: 'dns', [ATTR_ROUTING_SOURCE]: 'resolver' } as const;

export function buildRouteTable(inputs: RoutingInputs, previous: RouteTable): RouteTable {
  const routes = new Map<string, Route>();
  for (const service of inputs.services) {
    routes.set(service, buildRoute(inputs, service, previous.routes.get(service)));
  }
  return { routes, acceptedMs: inputs.acceptedMs };
}

function buildRoute(inputs: RoutingInputs, service: string, previous: Route | undefined): Route {
  switch (inputs.modeOf(service)) {
    case 'dns':
      return {
        kind: 'forward',
        targets: [
          {
            kind: 'name',
            hostname: `${service}.${inputs.dnsZone}`,
            port: inputs.dnsPort,
            weight: 1,
            cluster: service,
          },
        ],
        attributes: BY_NAME,
      };
    case 'static':
      return buildStaticRoute(service, inputs.staticEndpoints.get(service) ?? []);
    case 'xds':
      return keepWhileWarming(buildXdsRoute(inputs, service), previous);
  }
}

function buildStaticRoute(service: string, endpoints: readonly Endpoint[]): Route {
  const attributes = { [ATTR_ROUTING_MODE]: 'static', [ATTR_ROUTING_SOURCE]: 'file' };
  if (endpoints.length === 0) {
    const detail = 'the static routes do not name this service';
    return { kind: 'unroutable', errorType: 'no_mapping', detail, attributes };
  }
  return {
    kind: 'forward',
    targets: [{ kind: 'endpoints', endpoints, weight: 1, cluster: service }],
    attributes,
  };
}

/**
 * A route whose new clusters are still on their way does not replace one that works: make before break
 * (xds_protocol.rst, "Eventual consistency considerations").
 */
function keepWhileWarming(next: Route, previous: Route | undefined): Route {
  if (next.kind !== 'pending' || previous?.kind !== 'forward') return next;
  const isFromXds = previous.attributes[ATTR_XDS_CONNECTED] !== undefined;
  if (!isFromXds) return next;
  const { [ATTR_ROUTING_SOURCE]: source, [ATTR_XDS_CONNECTED]: connected } = next.attributes;
  const isByName = previous.attributes[ATTR_ROUTING_MODE] === 'dns';
  return {
    ...previous,
    attributes: {
      ...previous.attributes,
      ...(source !== undefined && !isByName && { [ATTR_ROUTING_SOURCE]: source }),
      ...(connected !== undefined && { [ATTR_XDS_CONNECTED]: connected }),
    },
  };
}

function buildXdsRoute(inputs: RoutingInputs, service: string): Route {
  const { cache } = inputs;
  const attributes = xdsAttributes(inputs);
  const listener = lookUp(cache.LDS.resources.get(service), `listener ${service}`);
  if (listener.kind !== 'held') return { ...listener, attributes };
  const { routeConfigName } = listener.value;
  const config = lookUp(cache.RDS.resources.get(routeConfigName), `route ${routeConfigName}`);
  if (config.kind !== 'held') return { ...config, attributes };
  const host = virtualHostOf(config.value.virtualHosts, service);
  if (!host) {
    const detail = `route ${routeConfigName} has no virtual host for ${service}`;
    return { kind: 'unroutable', errorType: 'no_mapping', detail, attributes };
  }
  const targets: Target[] = [];
  for (const { cluster, weight } of host.clusters) {
    const target = buildTarget(cache, cluster, weight);
    if (target.kind === 'unroutable' || target.kind === 'pending') return { ...target, attributes };
    targets.push(target);
  }
  const isByName = targets.some((target) => target.kind === 'name');
  return {
    kind: 'forward',
    targets,
    ...(host.timeoutMs !== undefined && { timeoutMs: host.timeoutMs }),
    // The control plane may hand a service over to DNS: then the address comes from there.
    attributes: isByName ? { ...attributes, ...BY_NAME } : attributes,
  };
}

type NotFound =
  | {
      readonly kind: 'unroutable';
      readonly errorType: 'no_mapping' | 'empty_endpoints';
      readonly detail: string;
    }
  | { readonly kind: 'pending'; readonly detail: string };

function buildTarget(cache: XdsCache, clusterName: string, weight: number): Target | NotFound {
  const cluster = lookUp(cache.CDS.resources.get(clusterName), `cluster ${clusterName}`);
  if (cluster.kind !== 'held') return cluster;
  switch (cluster.value.kind) {
    case 'dns': {
      const { hostname, port, limits, outliers } = cluster.value;
      const named = { kind: 'name', hostname, port, weight, cluster: clusterName, limits } as const;
      return outliers ? { ...named, outliers } : named;
    }
    case 'eds':
      return buildEdsTarget(cache, cluster.value, weight);
    case 'aggregate':
      return inOrder(
        cluster.value.clusters
          .filter((member) => member !== clusterName)
          .map((member) => buildTarget(cache, member, weight)),
      );
  }
}

/** The members of an aggregate cluster stand in the order of preference (gRFC A37). */
function inOrder(targets: readonly (Target | NotFound)[]): Target | NotFound {
  const usable = targets.filter((target) => target.kind === 'endpoints' || target.kind === 'name');
  const first = usable.reduceRight<Target | undefined>(
    (behind, target) =>
      target.kind === 'endpoints' && behind !== undefined ? { ...target, behind } : target,
    undefined,
  );
  return (
    first ??
    targets.find((target) => target.kind === 'pending') ??
    targets[0] ?? { kind: 'unroutable', errorType: 'no_mapping', detail: 'an empty aggregate' }
  );
}

function buildEdsTarget(
  cache: XdsCache,
  cluster: Extract<Cluster, { kind: 'eds' }>,
  weight: number,
): Target | NotFound {
  const found = lookUp(cache.EDS.resources.get(cluster.edsName), `endpoints ${cluster.edsName}`);
  if (found.kind === 'unroutable') return { ...found, errorType: 'empty_endpoints' };
  if (found.kind === 'pending') return found;
  const { endpoints } = found.value;
  if (endpoints.length === 0) {
    const detail = `cluster ${cluster.name} has no endpoints`;
    return { kind: 'unroutable', errorType: 'empty_endpoints', detail };
  }
  const { name, limits, panicBelow, reportsLoad, outliers } = cluster;
  return {
    kind: 'endpoints',
    endpoints,
    weight,
    cluster: name,
    limits,
    panicBelow,
    reportsLoad,
    ...(outliers && { outliers }),
  };
}

function lookUp<T>(
  resource: Resource<T> | undefined,
  what: string,
): { readonly kind: 'held'; readonly value: T } | NotFound {
  if (resource?.kind === 'held') return resource;
  if (resource?.kind === 'missing') {
    return { kind: 'unroutable', errorType: 'no_mapping', detail: `${what} does not exist` };
  }
  return { kind: 'pending', detail: `${what} has not arrived` };
}

/** The host whose domain is the service's name, else the one for all (route_components.proto, VirtualHost.domains). */
function virtualHostOf(hosts: readonly VirtualHost[], service: string): VirtualHost | undefined {
  return (
    hosts.find((host) => host.domains.includes(service)) ??
    hosts.find((host) => host.domains.includes('*'))
  );
}

function xdsAttributes({ cache, connected }: RoutingInputs): RouteAttributes {
  const versions: Record<string, string> = {};
  if (cache.LDS.acked !== undefined) versions[ATTR_LDS_VERSION] = cache.LDS.acked;
  if (cache.RDS.acked !== undefined) versions[ATTR_RDS_VERSION] = cache.RDS.acked;
  if (cache.CDS.acked !== undefined) versions[ATTR_CDS_VERSION] = cache.CDS.acked;
  if (cache.EDS.acked !== undefined) versions[ATTR_EDS_VERSION] = cache.EDS.acked;
  return {
    [ATTR_ROUTING_MODE]: 'xds',
    [ATTR_ROUTING_SOURCE]: connected ? 'stream' : 'cache',
    [ATTR_XDS_CONNECTED]: connected,
    ...versions,
  };
}
