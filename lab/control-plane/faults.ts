import { z } from 'zod';
import type { MeshService } from '#lab/control-plane/mesh-model.ts';
import { type RenderOptions, renderDnsCluster } from '#lab/control-plane/render-proxyless.ts';
import { packResource } from '#lab/xds/protos.ts';
import {
  type Cluster,
  type ClusterLoadAssignment,
  type Resource,
  resourceName,
  type VirtualHost,
} from '#lab/xds/resources.ts';
import { TYPE_URL, xdsTypeOf } from '#lab/xds/type-urls.ts';
import { XDS_TYPES } from '#telemetry/xds-type.ts';

const service = z.string().min(1).max(100);
const type = z.enum(XDS_TYPES);

/** What can be made wrong with the control plane, by request. One of a kind and target at a time; the latest holds. */
export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('delay-pushes'), ms: z.int().min(0).max(600_000) }),
  z.strictObject({ kind: z.literal('freeze-endpoints'), on: z.boolean() }),
  z.strictObject({ kind: z.literal('mute'), type }),
  z.strictObject({ kind: z.literal('bad-cluster'), service }),
  z.strictObject({ kind: z.literal('bad-endpoints'), service }),
  z.strictObject({ kind: z.literal('empty-endpoints'), service }),
  z.strictObject({
    kind: z.literal('dangling-route'),
    service,
    cluster: z.string().min(1).max(100),
  }),
  z.strictObject({
    kind: z.literal('oversized-route'),
    service,
    routes: z.int().min(1).max(20_000),
  }),
  z.strictObject({ kind: z.literal('dns-cluster'), service }),
  z.strictObject({ kind: z.literal('remove-resource'), type, name: z.string().min(1).max(200) }),
  z.strictObject({
    kind: z.literal('replace-resource'),
    resource: z.looseObject({ '@type': z.string() }).refine(isServed, 'not a resource of ADS'),
  }),
  z.strictObject({ kind: z.literal('resource-ttl'), seconds: z.number().min(0.1).max(86_400) }),
]);

export type Fault = z.infer<typeof faultSchema>;

/** Only what can be packed may enter a snapshot: a wrong field must fail the request, not the next push. */
function isServed(resource: { readonly '@type': string }): boolean {
  if (xdsTypeOf(resource['@type']) === undefined) return false;
  // The encoder would make text of a number; the snapshot would then know the resource by another name than the client.
  if (typeof resourceName(resource as unknown as Resource) !== 'string') return false;
  try {
    packResource(resource);
    return true;
  } catch {
    return false;
  }
}

/** Two faults with the same key replace one another. */
export function faultKey(fault: Fault): string {
  switch (fault.kind) {
    case 'mute':
      return `mute ${fault.type}`;
    case 'remove-resource':
      return `resource ${fault.type} ${fault.name}`;
    case 'replace-resource': {
      const resource = fault.resource as unknown as Resource;
      return `resource ${xdsTypeOf(resource['@type'])} ${resourceName(resource)}`;
    }
    default:
      return 'service' in fault ? `${fault.kind} ${fault.service}` : fault.kind;
  }
}

/** Name of the service or resource that the fault is about; undefined when it is about none in particular. */
export function targetOf(fault: Fault): string | undefined {
  switch (fault.kind) {
    case 'remove-resource':
      return fault.name;
    case 'replace-resource':
      return resourceName(fault.resource as unknown as Resource);
    default:
      return 'service' in fault ? fault.service : undefined;
  }
}

export interface FaultOptions extends RenderOptions {
  /** How this kind of client takes a cluster that a fault adds; as it is by default. */
  readonly toClientCluster?: (cluster: Cluster, service: MeshService) => Cluster;
}

/** `resources` as the faults leave them, in the order in which the faults were made. */
export function applyFaults(
  resources: readonly Resource[],
  faults: readonly Fault[],
  services: readonly MeshService[],
  options: FaultOptions,
): readonly Resource[] {
  return faults.reduce(
    (current, fault) => applyFault(current, fault, services, options),
    resources,
  );
}

function applyFault(
  resources: readonly Resource[],
  fault: Fault,
  services: readonly MeshService[],
  options: FaultOptions,
): readonly Resource[] {
  switch (fault.kind) {
    case 'bad-cluster':
      return edit<Cluster>(resources, TYPE_URL.CDS, fault.service, (cluster) => {
        const { eds_cluster_config: _, ...rest } = cluster;
        return { ...rest, type: 'STATIC' };
      });
    case 'bad-endpoints':
      return edit<ClusterLoadAssignment>(resources, TYPE_URL.EDS, fault.service, withPriorityGap);
    case 'empty-endpoints':
      return edit<ClusterLoadAssignment>(resources, TYPE_URL.EDS, fault.service, (assignment) => ({
        ...assignment,
        endpoints: [],
      }));
    case 'dangling-route':
      return routeTo(resources, fault.service, fault.cluster);
    case 'oversized-route':
      return editHost(resources, fault.service, (host) => withPadding(host, fault.routes));
    case 'dns-cluster': {
      const target = services.find(({ name }) => name === fault.service);
      if (target === undefined) return resources;
      const rendered = renderDnsCluster(target, options);
      const cluster = options.toClientCluster?.(rendered, target) ?? rendered;
      return [...routeTo(resources, fault.service, cluster.name), cluster];
    }
    case 'remove-resource':
      return resources.filter((resource) => !isNamed(resource, TYPE_URL[fault.type], fault.name));
    case 'replace-resource': {
      const put = fault.resource as unknown as Resource;
      return [
        ...resources.filter((resource) => !isNamed(resource, put['@type'], resourceName(put))),
        put,
      ];
    }
    default:
      return resources;
  }
}

function routeTo(
  resources: readonly Resource[],
  serviceName: string,
  cluster: string,
): readonly Resource[] {
  return editHost(resources, serviceName, (host) => ({
    ...host,
    routes: host.routes.map((entry) => ({ ...entry, route: { ...entry.route, cluster } })),
  }));
}

/** A service's virtual host goes by its name in every kind of client's routes. */
function editHost(
  resources: readonly Resource[],
  serviceName: string,
  change: (host: VirtualHost) => VirtualHost,
): readonly Resource[] {
  return resources.map((resource) =>
    'virtual_hosts' in resource
      ? {
          ...resource,
          virtual_hosts: resource.virtual_hosts.map((host) =>
            host.name === serviceName ? change(host) : host,
          ),
        }
      : resource,
  );
}

/** Priorities must count up from 0 without a gap (endpoint_components.proto, `priority`). */
function withPriorityGap(assignment: ClusterLoadAssignment): ClusterLoadAssignment {
  const [first] = assignment.endpoints ?? [];
  return { ...assignment, endpoints: [{ ...(first ?? {}), priority: 3 }] };
}

/** More routes than a proxy may be built for, none of which ever matches. */
function withPadding(host: VirtualHost, count: number): VirtualHost {
  const cluster = host.routes[0]?.route.cluster ?? host.name;
  const padding = Array.from({ length: count }, (_, index) => ({
    match: { prefix: `/feature/${index}` },
    route: { cluster },
  }));
  return { ...host, routes: [...padding, ...host.routes] };
}

function edit<T extends Resource>(
  resources: readonly Resource[],
  typeUrl: string,
  name: string,
  change: (resource: T) => Resource,
): readonly Resource[] {
  return resources.map((resource) =>
    isNamed(resource, typeUrl, name) ? change(resource as T) : resource,
  );
}

function isNamed(resource: Resource, typeUrl: string, name: string): boolean {
  return resource['@type'] === typeUrl && resourceName(resource) === name;
}
