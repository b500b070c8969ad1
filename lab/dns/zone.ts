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

interface ServiceTarget {
  /** Full name of an instance, e.g. `song-1.lab`. */
  readonly target: string;
  readonly port: number;
}

/** The names of one zone, whole; a change of the registry makes the next one. */
export interface Zone {
  /** e.g. `lab`, lower case, without a dot at its end. */
  readonly origin: string;
  readonly serial: number;
  /** IPv4 addresses by full lower-case name; a service without instances has none, and still exists. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  readonly targets: ReadonlyMap<string, readonly ServiceTarget[]>;
}

/**
 * `song.lab` for a service, `song-1.lab` for each instance, and `_http._tcp.song.lab` for its ports (RFC 2782), since an
 * address record carries none.
 */
export function toZone(catalogue: ServiceCatalogue, origin: string, serial: number): Zone {
  const addresses = new Map<string, readonly string[]>();
  const targets = new Map<string, readonly ServiceTarget[]>();
  for (const instance of catalogue.instances)
    addresses.set(`${instance.id}.${origin}`, [instance.address]);
  for (const service of catalogue.services) {
    const instances = catalogue.instances.filter((instance) => instance.service === service.name);
    addresses.set(
      `${service.name}.${origin}`,
      instances.map((instance) => instance.address),
    );
    targets.set(
      `_${service.protocol}._tcp.${service.name}.${origin}`,
      instances.map((instance) => ({
        target: `${instance.id}.${origin}`,
        port:
          service.protocol === 'grpc' ? (instance.grpcPort ?? instance.appPort) : instance.meshPort,
      })),
    );
  }
  return { origin, serial, addresses, targets };
}

/** Whether `name` is the zone's apex or below it. */
export function isInZone(name: string, origin: string): boolean {
  return name === origin || name.endsWith(`.${origin}`);
}

/** Whether `name` exists, with records or as a node above one that has them (RFC 8020). */
export function nameExists(zone: Zone, name: string): boolean {
  if (name === zone.origin || zone.addresses.has(name) || zone.targets.has(name)) return true;
  const suffix = `.${name}`;
  return (
    [...zone.addresses.keys()].some((key) => key.endsWith(suffix)) ||
    [...zone.targets.keys()].some((key) => key.endsWith(suffix))
  );
}
