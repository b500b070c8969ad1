import { z } from 'zod';
import { type CircuitLimits, DEFAULT_LIMITS } from './circuit-breakers.ts';
import type { Endpoint } from './endpoint.ts';
import type { OutlierSettings } from './outlier-detection.ts';
import { OutlierMessage, toOutliers } from './outlier-settings.ts';
import { Duration, toMs, UInt32Value } from './proto-values.ts';

/** The part of a Listener that an outbound proxy needs: where its routes come from. */
export interface Listener {
  readonly name: string;
  readonly routeConfigName: string;
}

interface WeightedCluster {
  readonly cluster: string;
  readonly weight: number;
}

export interface VirtualHost {
  readonly domains: readonly string[];
  readonly clusters: readonly WeightedCluster[];
  /** undefined = the proxy's own default. */
  readonly timeoutMs?: number;
}

export interface RouteConfiguration {
  readonly name: string;
  readonly virtualHosts: readonly VirtualHost[];
}

/**
 * Found by EDS, or by a name that DNS resolves (LOGICAL_DNS and STRICT_DNS), or the first of several clusters that can
 * be reached (gRFC A37).
 */
export type Cluster =
  | { readonly kind: 'aggregate'; readonly name: string; readonly clusters: readonly string[] }
  | {
      readonly kind: 'eds';
      readonly name: string;
      readonly edsName: string;
      readonly limits: CircuitLimits;
      /** Absent where the cluster says nothing. */
      readonly outliers?: OutlierSettings;
      /** The control plane wants to hear how much it is sent (`lrs_server: {self: {}}`). */
      readonly reportsLoad: boolean;
      /** Below this share of healthy endpoints all are used, 0..1 (Envoy's healthy_panic_threshold). */
      readonly panicBelow: number;
    }
  | {
      readonly kind: 'dns';
      readonly name: string;
      readonly hostname: string;
      readonly port: number;
      readonly limits: CircuitLimits;
      /** Absent where the cluster says nothing. */
      readonly outliers?: OutlierSettings;
    };

export interface LoadAssignment {
  readonly name: string;
  /** Healthy endpoints of the best priority that has any. */
  readonly endpoints: readonly Endpoint[];
}

/** A route configuration larger than this is refused: what it costs is paid by every request. */
const ROUTE_LIMIT = 1000;

const DEFAULT_PANIC_PERCENT = 50;

/** A resource that this proxy cannot apply; the message goes into the NACK's error_detail. */
export class ResourceError extends Error {
  override readonly name = 'ResourceError';
  readonly resource: string;
  constructor(resource: string, message: string) {
    super(message);
    this.resource = resource;
  }
}

/** proto3 JSON leaves defaults out, hence the many optional fields. */
const Rds = z.object({ route_config_name: z.string().min(1) });
const HttpConnectionManager = z.object({ rds: Rds });
const ListenerMessage = z.object({
  name: z.string().min(1),
  api_listener: z.object({ api_listener: HttpConnectionManager }),
});
const RouteMessage = z.object({
  match: z.object({ prefix: z.string().optional() }),
  route: z.object({
    cluster: z.string().min(1).optional(),
    weighted_clusters: z
      .object({ clusters: z.array(z.object({ name: z.string().min(1), weight: UInt32Value })) })
      .optional(),
    timeout: Duration.nullish(),
  }),
});
const RouteConfigurationMessage = z.object({
  name: z.string().min(1),
  virtual_hosts: z
    .array(
      z.object({
        domains: z.array(z.string()).min(1),
        routes: z.array(RouteMessage).default([]),
      }),
    )
    .default([]),
});
const SocketAddress = z.object({
  address: z.object({
    socket_address: z.object({
      address: z.string().min(1),
      port_value: z.number().int().min(1).max(65_535),
    }),
  }),
});
const LbEndpoint = z.object({
  endpoint: SocketAddress,
  health_status: z.string().default('UNKNOWN'),
  load_balancing_weight: UInt32Value.nullish(),
});
const LocalityEndpoints = z.object({
  lb_endpoints: z.array(LbEndpoint).default([]),
  priority: z.number().int().nonnegative().default(0),
});
const Thresholds = z.object({
  priority: z.string().default('DEFAULT'),
  max_connections: UInt32Value.nullish(),
  max_pending_requests: UInt32Value.nullish(),
  max_requests: UInt32Value.nullish(),
  max_retries: UInt32Value.nullish(),
});
const ClusterMessage = z.object({
  lrs_server: z.object({ self: z.object({}).optional() }).nullish(),
  circuit_breakers: z.object({ thresholds: z.array(Thresholds).default([]) }).nullish(),
  outlier_detection: OutlierMessage.nullish(),
  common_lb_config: z
    .object({
      healthy_panic_threshold: z.object({ value: z.number().min(0).max(100).default(0) }).nullish(),
    })
    .nullish(),
  name: z.string().min(1),
  type: z.string().default('STATIC'),
  cluster_type: z
    .object({ typed_config: z.object({ clusters: z.array(z.string().min(1)).min(1) }) })
    .nullish(),
  eds_cluster_config: z.object({ service_name: z.string().default('') }).nullish(),
  load_assignment: z.object({ endpoints: z.array(LocalityEndpoints).default([]) }).nullish(),
});
const LoadAssignmentMessage = z.object({
  cluster_name: z.string().min(1),
  endpoints: z.array(LocalityEndpoints).default([]),
});

export function parseListener(resource: unknown): Listener {
  const message = check(ListenerMessage, resource, 'name');
  return {
    name: message.name,
    routeConfigName: message.api_listener.api_listener.rds.route_config_name,
  };
}

export function parseRouteConfiguration(resource: unknown): RouteConfiguration {
  const message = check(RouteConfigurationMessage, resource, 'name');
  const routes = countRoutes(message);
  if (routes > ROUTE_LIMIT) {
    throw new ResourceError(message.name, `has ${routes} routes, more than ${ROUTE_LIMIT}`);
  }
  const virtualHosts = message.virtual_hosts.map((host): VirtualHost => {
    // Routes are tried in order; the lab's apply to a whole host, so the first that takes every path decides.
    const whole = host.routes.find(({ match }) => match.prefix === '' || match.prefix === '/');
    if (!whole) {
      throw new ResourceError(message.name, `no route of ${host.domains[0]} matches every path`);
    }
    const timeout = whole.route.timeout;
    return {
      domains: host.domains,
      clusters: toWeightedClusters(message.name, whole.route),
      ...(timeout && { timeoutMs: toMs(timeout) }),
    };
  });
  return { name: message.name, virtualHosts };
}

export function parseCluster(resource: unknown): Cluster {
  const message = check(ClusterMessage, resource, 'name');
  if (message.cluster_type) {
    const { clusters } = message.cluster_type.typed_config;
    return { kind: 'aggregate', name: message.name, clusters };
  }
  if (message.type === 'EDS') {
    const edsName = message.eds_cluster_config?.service_name || message.name;
    return {
      kind: 'eds',
      name: message.name,
      edsName,
      limits: toLimits(message),
      reportsLoad: message.lrs_server?.self !== undefined,
      panicBelow: toPanicThreshold(message),
      ...outliersOf(message),
    };
  }
  if (message.type !== 'LOGICAL_DNS' && message.type !== 'STRICT_DNS') {
    throw new ResourceError(message.name, `unsupported cluster type ${message.type}`);
  }
  const first = message.load_assignment?.endpoints[0]?.lb_endpoints[0]?.endpoint;
  if (!first) throw new ResourceError(message.name, `${message.type} cluster without a host name`);
  const { address: hostname, port_value: port } = first.address.socket_address;
  return {
    kind: 'dns',
    name: message.name,
    hostname,
    port,
    limits: toLimits(message),
    ...outliersOf(message),
  };
}

/** The first thresholds of the default priority hold (circuit_breaker.proto); this proxy knows no other priority. */
function toLimits(message: z.infer<typeof ClusterMessage>): CircuitLimits {
  const said = message.circuit_breakers?.thresholds.find(({ priority }) => priority === 'DEFAULT');
  return {
    maxConnections: said?.max_connections?.value ?? DEFAULT_LIMITS.maxConnections,
    maxPendingRequests: said?.max_pending_requests?.value ?? DEFAULT_LIMITS.maxPendingRequests,
    maxRequests: said?.max_requests?.value ?? DEFAULT_LIMITS.maxRequests,
    maxRetries: said?.max_retries?.value ?? DEFAULT_LIMITS.maxRetries,
  };
}

function outliersOf({ outlier_detection: said }: z.infer<typeof ClusterMessage>) {
  return said ? { outliers: toOutliers(said) } : {};
}

function toPanicThreshold(message: z.infer<typeof ClusterMessage>): number {
  const percent = message.common_lb_config?.healthy_panic_threshold?.value;
  return (percent ?? DEFAULT_PANIC_PERCENT) / 100;
}

export function parseLoadAssignment(resource: unknown): LoadAssignment {
  const message = check(LoadAssignmentMessage, resource, 'cluster_name');
  const byPriority = new Map<number, Endpoint[]>();
  for (const locality of message.endpoints) {
    const endpoints = byPriority.get(locality.priority) ?? [];
    endpoints.push(...locality.lb_endpoints.filter(isUsable).map(toEndpoint));
    byPriority.set(locality.priority, endpoints);
  }
  const priorities = [...byPriority.keys()].sort((a, b) => a - b);
  priorities.forEach((priority, index) => {
    if (priority === index) return;
    throw new ResourceError(
      message.cluster_name,
      `endpoints have priority ${priority} but not ${index}`,
    );
  });
  const best = priorities.map((p) => byPriority.get(p) ?? []).find((list) => list.length > 0);
  return { name: message.cluster_name, endpoints: best ?? [] };
}

/** What a careless proxy asks only after it has made room: whether the resource is larger than it may be. */
export function isOversized(resource: unknown): boolean {
  const parsed = RouteConfigurationMessage.safeParse(resource);
  return parsed.success && countRoutes(parsed.data) > ROUTE_LIMIT;
}

function countRoutes(message: z.infer<typeof RouteConfigurationMessage>): number {
  return message.virtual_hosts.reduce((sum, host) => sum + host.routes.length, 0);
}

function toWeightedClusters(
  name: string,
  route: z.infer<typeof RouteMessage>['route'],
): readonly WeightedCluster[] {
  if (route.cluster !== undefined) return [{ cluster: route.cluster, weight: 1 }];
  const clusters = (route.weighted_clusters?.clusters ?? []).map((c) => ({
    cluster: c.name,
    weight: c.weight.value,
  }));
  if (!clusters.some((c) => c.weight > 0)) {
    throw new ResourceError(name, 'a route sends its requests to no cluster');
  }
  return clusters;
}

/** core.v3.HealthStatus: UNKNOWN and HEALTHY take requests. */
function isUsable(endpoint: z.infer<typeof LbEndpoint>): boolean {
  return endpoint.health_status === 'UNKNOWN' || endpoint.health_status === 'HEALTHY';
}

function toEndpoint(message: z.infer<typeof LbEndpoint>): Endpoint {
  const { address, port_value: port } = message.endpoint.address.socket_address;
  return { address, port, weight: message.load_balancing_weight?.value ?? 1 };
}

function check<T>(schema: z.ZodType<T>, resource: unknown, nameField: string): T {
  const result = schema.safeParse(resource);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  throw new ResourceError(nameOf(resource, nameField), `${where}: ${issue?.message}`);
}

function nameOf(resource: unknown, field: string): string {
  if (typeof resource !== 'object' || resource === null) return '(unreadable)';
  const name = (resource as Readonly<Record<string, unknown>>)[field];
  return typeof name === 'string' ? name : '(unnamed)';
}
