import { type Resource, resourceName } from '#lab/xds/resources.ts';
import { TYPE_URL, xdsTypeOf } from '#lab/xds/type-urls.ts';

/**
 * What is wrong with a snapshot as a whole: a name that is referred to and missing, or a name given twice. Each resource
 * alone may be fine; a data plane that receives them would still drop calls, so such a snapshot is not pushed.
 */
export function findInconsistencies(resources: readonly Resource[]): readonly string[] {
  const names = new Set<string>();
  const faults: string[] = [];
  for (const resource of resources) {
    const key = `${resource['@type']} ${resourceName(resource)}`;
    if (names.has(key)) faults.push(`${labelOf(resource)} is there twice`);
    names.add(key);
  }
  for (const resource of resources)
    for (const reference of referencesOf(resource))
      if (!names.has(`${reference.typeUrl} ${reference.name}`))
        faults.push(
          `${labelOf(resource)} refers to ${shortName(reference.typeUrl)} ${reference.name}, which is missing`,
        );
  return faults;
}

interface Reference {
  readonly typeUrl: string;
  readonly name: string;
}

function referencesOf(resource: Resource): readonly Reference[] {
  if ('virtual_hosts' in resource)
    return resource.virtual_hosts.flatMap((host) =>
      host.routes.map((entry) => ({ typeUrl: TYPE_URL.CDS, name: entry.route.cluster })),
    );
  if ('cluster_name' in resource) return [];
  if ('api_listener' in resource || 'filter_chains' in resource) return routeReferences(resource);
  return clusterReferences(resource);
}

function routeReferences(
  listener: Extract<Resource, { filter_chains?: unknown }>,
): readonly Reference[] {
  const managers = [
    listener.api_listener?.api_listener,
    ...(listener.filter_chains ?? []).flatMap((chain) =>
      chain.filters.map((filter) => filter.typed_config),
    ),
  ];
  return managers.flatMap((manager) =>
    manager?.rds === undefined
      ? []
      : [{ typeUrl: TYPE_URL.RDS, name: manager.rds.route_config_name }],
  );
}

function clusterReferences(cluster: Resource): readonly Reference[] {
  if ('eds_cluster_config' in cluster && cluster.eds_cluster_config !== undefined)
    return [{ typeUrl: TYPE_URL.EDS, name: cluster.eds_cluster_config.service_name }];
  if ('cluster_type' in cluster && cluster.cluster_type !== undefined)
    return cluster.cluster_type.typed_config.clusters.map((name) => ({
      typeUrl: TYPE_URL.CDS,
      name,
    }));
  return [];
}

function labelOf(resource: Resource): string {
  return `${shortName(resource['@type'])} ${resourceName(resource)}`;
}

function shortName(typeUrl: string): string {
  return xdsTypeOf(typeUrl) ?? typeUrl;
}
