/** One place where a service can be reached, as the registry knows it. */
export interface MeshEndpoint {
  readonly instance: string;
  readonly address: string;
  /** The sidecar's inbound port for HTTP; the application's own for proxyless gRPC. */
  readonly port: number;
  readonly appPort: number;
}

export interface MeshService {
  readonly name: string;
  readonly protocol: 'http' | 'grpc';
  readonly endpoints: readonly MeshEndpoint[];
}

/** What the registry hands over; see lab/registry. */
export interface ServiceCatalogue {
  readonly instances: readonly {
    readonly id: string;
    readonly service: string;
    readonly address: string;
    readonly meshPort: number;
    readonly appPort: number;
    readonly grpcPort?: number | undefined;
    readonly protocol: 'http' | 'grpc';
  }[];
  readonly services: readonly { readonly name: string; readonly protocol: 'http' | 'grpc' }[];
}

/** The services by name, each with its endpoints in a stable order. */
export function toServices(catalogue: ServiceCatalogue): readonly MeshService[] {
  return catalogue.services.map(({ name, protocol }) => ({
    name,
    protocol,
    endpoints: catalogue.instances
      .filter((instance) => instance.service === name)
      .map((instance) => ({
        instance: instance.id,
        address: instance.address,
        port: protocol === 'grpc' ? (instance.grpcPort ?? instance.appPort) : instance.meshPort,
        appPort: instance.appPort,
      })),
  }));
}

/** `services` with the endpoints that `frozen` had: the data plane's map stands still while instances move. */
export function withFrozenEndpoints(
  services: readonly MeshService[],
  frozen: readonly MeshService[],
): readonly MeshService[] {
  const before = new Map(frozen.map((service) => [service.name, service.endpoints]));
  return services.map((service) => ({
    ...service,
    endpoints: before.get(service.name) ?? service.endpoints,
  }));
}
