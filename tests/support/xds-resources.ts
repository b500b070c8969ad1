/** Resources of one service as they come off the wire, in the least form that a proxy can route by. */
export function listener(service: string): object {
  const api = { stat_prefix: service, rds: { route_config_name: `${service}-route` } };
  return { name: service, api_listener: { api_listener: api } };
}

export function route(service: string, cluster = service): object {
  return {
    name: `${service}-route`,
    virtual_hosts: [{ domains: ['*'], routes: [{ match: { prefix: '' }, route: { cluster } }] }],
  };
}

export function cluster(name: string, type = 'EDS'): object {
  return { name, type, eds_cluster_config: { service_name: name } };
}

export function endpoints(name: string, ...addresses: readonly string[]): object {
  const lb_endpoints = addresses.map((address) => ({
    endpoint: { address: { socket_address: { address, port_value: 15_006 } } },
  }));
  return { cluster_name: name, endpoints: lb_endpoints.length > 0 ? [{ lb_endpoints }] : [] };
}
