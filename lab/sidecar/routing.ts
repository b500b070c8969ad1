import type { Endpoint } from './endpoint.ts';
import {
  buildRouteTable,
  EMPTY_TABLE,
  type Route,
  type RouteTable,
  type RoutingInputs,
  type ServiceMode,
} from './route-table.ts';
import { emptyCache, type XdsCache } from './xds-cache.ts';

export interface RoutingSettings {
  readonly staticEndpoints: ReadonlyMap<string, readonly Endpoint[]>;
  readonly dnsZone: string;
  readonly dnsPort: number;
  /** Services found by DNS from the start: a mixed estate is the usual one. */
  readonly dnsServices: readonly string[];
}

export interface XdsUpdate {
  readonly cache: XdsCache;
  readonly connected: boolean;
  readonly acceptedMs: number | undefined;
}

export interface FoundRoute {
  readonly route: Route;
  /** ms since the configuration behind the route was accepted; undefined when none was. */
  readonly configAgeMs: number | undefined;
}

/** An application that calls more services than this is making the names up. */
const MAX_SERVICES = 1000;
const TOO_MANY: FoundRoute = {
  route: {
    kind: 'unroutable',
    errorType: 'no_mapping',
    detail: `this proxy follows ${MAX_SERVICES} services already`,
    attributes: {},
  },
  configAgeMs: undefined,
};

/** Holds the current route table and rebuilds it whenever the configuration, the stream or a mode changes. */
export class Routing {
  readonly #settings: RoutingSettings;
  readonly #want: (service: string) => void;
  readonly #now: () => number;
  readonly #services = new Set<string>();
  readonly #modes = new Map<string, ServiceMode>();
  #defaultMode: ServiceMode = 'xds';
  #xds: XdsUpdate;
  #table: RouteTable = EMPTY_TABLE;
  readonly #waiting = new Set<() => void>();

  /** `want` is told of each service that is asked for the first time. */
  constructor(settings: RoutingSettings, want: (service: string) => void, now: () => number) {
    this.#settings = settings;
    this.#want = want;
    this.#now = now;
    this.#xds = { cache: emptyCache(now()), connected: false, acceptedMs: undefined };
    for (const service of settings.dnsServices) this.#modes.set(service, 'dns');
  }

  updateXds(update: XdsUpdate): void {
    this.#xds = update;
    this.#rebuild();
  }

  /** For `services`, or for all, now and later, when undefined. Requests under way keep the route they have. */
  switchMode(mode: ServiceMode, services: readonly string[] | undefined): void {
    if (services === undefined) {
      this.#defaultMode = mode;
      this.#modes.clear();
    } else {
      for (const service of services) this.#modes.set(service, mode);
    }
    this.#rebuild();
  }

  modes(): Readonly<Record<string, ServiceMode>> {
    return Object.fromEntries([...this.#services].map((s) => [s, this.#modeOf(s)]));
  }

  table(): RouteTable {
    return this.#table;
  }

  /** The route to `service` when it stands; undefined = `find` has to wait for it. */
  known(service: string): FoundRoute | undefined {
    const found = this.#lookUp(service);
    return found?.route.kind === 'pending' ? undefined : found;
  }

  /**
   * The route to `service`. The first request to a service subscribes to it and waits for the answer, at most `limitMs`;
   * without one the route says what is missing.
   */
  async find(service: string, limitMs: number): Promise<FoundRoute> {
    const standing = this.known(service);
    if (standing) return standing;
    const known = this.#lookUp(service);
    if (!known && this.#services.size >= MAX_SERVICES) return TOO_MANY;
    if (!known) this.follow(service);
    const deadlineMs = this.#now() + limitMs;
    for (;;) {
      const found = this.#lookUp(service);
      if (!found) throw new Error(`no route for ${service}, though it was subscribed to`);
      const leftMs = deadlineMs - this.#now();
      if (found.route.kind !== 'pending') return found;
      if (leftMs <= 0) {
        return {
          ...found,
          route: { ...found.route, kind: 'unroutable', errorType: 'no_mapping' },
        };
      }
      await this.#nextTable(leftMs);
    }
  }

  /** Asks for the configuration of a service, before its first request or with it. */
  follow(service: string): void {
    this.#services.add(service);
    this.#want(service);
    this.#rebuild();
  }

  #lookUp(service: string): FoundRoute | undefined {
    const { routes, acceptedMs } = this.#table;
    const route = routes.get(service);
    if (!route) return undefined;
    return {
      route,
      configAgeMs: acceptedMs === undefined ? undefined : this.#now() - acceptedMs,
    };
  }

  #nextTable(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, limitMs);
      this.#waiting.add(done);
    });
  }

  #modeOf(service: string): ServiceMode {
    return this.#modes.get(service) ?? this.#defaultMode;
  }

  #rebuild(): void {
    const inputs: RoutingInputs = {
      ...this.#xds,
      ...this.#settings,
      services: this.#services,
      modeOf: (service) => this.#modeOf(service),
    };
    this.#table = buildRouteTable(inputs, this.#table);
    for (const done of [...this.#waiting]) done();
  }
}
