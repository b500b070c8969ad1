/**
 * Who runs where in the lab. Each instance has a loopback address of its own, so that one port per service serves DNS
 * (whose A records carry no port), xDS and any proxy unchanged.
 *
 *   127.<net>.9.1            control plane 18000/18001, scenarios 18002, registry 18003, load 18004, claim 18005, relay 18010/18012/5354, DNS 5353
 *   127.<net>.<10+s>.<n>     instance n of service s: application 8080, sidecar 15001 / 15006 / 15000
 */
export const SERVICES = ['gateway', 'login', 'playlist', 'song', 'artist', 'image'] as const;
export type LabService = (typeof SERVICES)[number];

/** Whom each service calls through its sidecar, which asks for these when it starts. */
export const CALLS: Readonly<Record<LabService, readonly LabService[]>> = {
  gateway: ['song', 'playlist', 'artist', 'image'],
  login: [],
  playlist: ['song'],
  song: ['artist', 'image'],
  artist: ['image'],
  image: [],
};

const TWO_INSTANCES: readonly LabService[] = ['song', 'artist'];

/** These stand in zone b, whose way to the control plane is a link of its own: a partition may cut it alone. */
const ZONE_B: readonly string[] = ['playlist-1', 'artist-2'];

export interface LabInstance {
  readonly service: LabService;
  readonly instance: string;
  readonly address: string;
}

export interface Topology {
  readonly host: string;
  /** Whoever listens there on `host` has the whole net. */
  readonly claimPort: number;
  readonly controlPlaneXds: string;
  readonly controlPlaneAdmin: string;
  readonly registryUrl: string;
  readonly scenarioUrl: string;
  readonly dnsAddress: string;
  readonly dnsAdmin: string;
  readonly relayXds: string;
  readonly relayXdsZoneB: string;
  readonly relayDns: string;
  readonly relayAdmin: string;
  readonly loadUrl: string;
  readonly instances: readonly LabInstance[];
}

export function labTopology(net: number): Topology {
  const host = `127.${net}.9.1`;
  return {
    host,
    claimPort: 18_005,
    controlPlaneXds: `${host}:18000`,
    controlPlaneAdmin: `http://${host}:18001`,
    scenarioUrl: `http://${host}:18002`,
    registryUrl: `http://${host}:18003`,
    loadUrl: `http://${host}:18004`,
    dnsAddress: `${host}:5353`,
    dnsAdmin: `http://${host}:5380`,
    relayXds: `${host}:18010`,
    relayXdsZoneB: `${host}:18012`,
    relayDns: `${host}:5354`,
    relayAdmin: `http://${host}:18011`,
    instances: SERVICES.flatMap((service, index) =>
      instanceNumbers(service).map((n) => ({
        service,
        instance: `${service}-${n}`,
        address: `127.${net}.${10 + index}.${n}`,
      })),
    ),
  };
}

function instanceNumbers(service: LabService): readonly number[] {
  return TWO_INSTANCES.includes(service) ? [1, 2] : [1];
}

/** Where the xDS clients of the instance find the control plane. */
export function controlPlaneFor(instance: LabInstance, topology: Topology): string {
  return ZONE_B.includes(instance.instance) ? topology.relayXdsZoneB : topology.relayXds;
}
