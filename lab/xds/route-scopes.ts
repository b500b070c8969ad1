import { z } from 'zod';
import { OUTBOUND_ROUTE, SCOPED_ROUTE_URL } from '#lab/xds/type-urls.ts';

/** How one Envoy finds each callee: by the control plane's routes, or by the DNS clusters of its own bootstrap. */
export type RouteScopes = ReadonlyMap<string, 'xds' | 'dns'>;

/** Where an Envoy of the lab reads its scopes, below the lab's folder of Envoy files. */
export const SCOPES_FILE = 'route-scopes.json';

const Scopes = z.object({
  version_info: z.string(),
  resources: z.array(z.object({ name: z.string(), route_configuration: z.unknown().optional() })),
});

/** The name of the cluster in the bootstrap that finds `service` by DNS. */
export function dnsClusterName(service: string): string {
  return `${service}-by-dns`;
}

/**
 * The file that an Envoy of the lab watches (scoped RDS from the file system). A scope is one value of the Host header:
 * it leads to the control plane's route table or, where operators took the callee off the mesh, to one written here.
 * Neither way needs a living control plane.
 */
export function renderRouteScopes(scopes: RouteScopes, version: string): object {
  return {
    version_info: version,
    resources: [...scopes].map(([service, mode]) => ({
      '@type': SCOPED_ROUTE_URL,
      name: service,
      key: { fragments: [{ string_key: service }] },
      ...(mode === 'xds'
        ? { route_configuration_name: OUTBOUND_ROUTE }
        : { route_configuration: renderDnsRoute(service) }),
    })),
  };
}

/** What `renderRouteScopes` wrote. */
export function parseRouteScopes(text: string): {
  readonly version: string;
  readonly scopes: RouteScopes;
} {
  const { version_info: version, resources } = Scopes.parse(JSON.parse(text));
  const scopes = resources.map(
    ({ name, route_configuration: local }) => [name, local === undefined ? 'xds' : 'dns'] as const,
  );
  return { version, scopes: new Map(scopes) };
}

function renderDnsRoute(service: string): object {
  const route = {
    cluster: dnsClusterName(service),
    retry_policy: { retry_on: 'connect-failure,refused-stream', num_retries: 1 },
  };
  return {
    name: dnsClusterName(service),
    virtual_hosts: [{ name: service, domains: ['*'], routes: [{ match: { prefix: '/' }, route }] }],
  };
}
