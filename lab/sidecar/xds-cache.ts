import type { XdsType } from '#telemetry/xds-type.ts';
import {
  type Cluster,
  type Listener,
  type LoadAssignment,
  parseCluster,
  parseListener,
  parseLoadAssignment,
  parseRouteConfiguration,
  ResourceError,
  type RouteConfiguration,
} from './xds-resources.ts';

interface ResourceOf {
  readonly LDS: Listener;
  readonly RDS: RouteConfiguration;
  readonly CDS: Cluster;
  readonly EDS: LoadAssignment;
}

/** What is known of one name that was asked for. */
export type Resource<T> =
  | { readonly kind: 'requested'; readonly sinceMs: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'held'; readonly value: T; readonly raw: unknown; readonly text: string };

/** One resource type as this client holds it. Replaced, never edited. */
export interface TypeCache<T> {
  readonly received?: string;
  readonly acked?: string;
  /** Set while the last received version stands refused. */
  readonly rejected?: string;
  readonly rejectReason?: string;
  /** When the held content last changed. */
  readonly changedMs: number;
  readonly resources: ReadonlyMap<string, Resource<T>>;
}

export type XdsCache = { readonly [T in XdsType]: TypeCache<ResourceOf[T]> };

export interface DiscoveryResponse {
  readonly versionInfo: string;
  readonly resources: readonly unknown[];
  /** Names of which only the word came that they stand as they were. */
  readonly heartbeats?: readonly string[];
}

/** gRFC A53's choice: obey the removal of a resource in use, or go on with it. */
export type OnDeletion = 'drop' | 'keep';

export interface Acceptance {
  readonly cache: XdsCache;
  /** Present = NACK; the text of error_detail. */
  readonly errorDetail?: string;
  readonly valid: number;
  readonly invalid: number;
}

const PARSERS: { readonly [T in XdsType]: (resource: unknown) => ResourceOf[T] } = {
  LDS: parseListener,
  RDS: parseRouteConfiguration,
  CDS: parseCluster,
  EDS: parseLoadAssignment,
};

export function emptyCache(nowMs: number): XdsCache {
  const empty = { changedMs: nowMs, resources: new Map() };
  return { LDS: empty, RDS: empty, CDS: empty, EDS: empty };
}

/**
 * Applies one state-of-the-world response. Good resources take effect even when others of the same response do not
 * (gRFC A46, Envoy's CdsApiHelper); a refused one leaves what was held before. LDS and CDS responses are complete, so a
 * name they leave out is gone; RDS and EDS responses cannot say that (xds_protocol.rst, "Deleting Resources").
 */
export function acceptResponse(
  cache: XdsCache,
  type: XdsType,
  response: DiscoveryResponse,
  onDeletion: OnDeletion,
  nowMs: number,
): Acceptance {
  const before: TypeCache<ResourceOf[XdsType]> = cache[type];
  const parse: (resource: unknown) => ResourceOf[XdsType] = PARSERS[type];
  const parsed = parseAll(parse, response.resources);
  const resources = new Map(before.resources);
  let changed = false;
  for (const [name, held] of parsed.valid) {
    const known = resources.get(name);
    if (known === undefined) continue;
    changed ||= known.kind !== 'held' || known.text !== held.text;
    resources.set(name, held);
  }
  if (type === 'LDS' || type === 'CDS') {
    const gone = omittedNames(before.resources, parsed).filter(
      (name) => onDeletion === 'drop' && !response.heartbeats?.includes(name),
    );
    for (const name of gone) resources.set(name, { kind: 'missing' });
    changed ||= gone.length > 0;
  }
  const errorDetail = parsed.errors.length > 0 ? parsed.errors.join('; ') : undefined;
  const after: TypeCache<ResourceOf[XdsType]> = {
    received: response.versionInfo,
    ...versionsAfter(before, response.versionInfo, errorDetail),
    changedMs: changed ? nowMs : before.changedMs,
    resources,
  };
  return {
    cache: { ...cache, [type]: after },
    ...(errorDetail !== undefined && { errorDetail }),
    valid: parsed.valid.size,
    invalid: parsed.errors.length,
  };
}

/**
 * Follows the references: services → listeners → routes → clusters → endpoints. Names that nothing refers to any more
 * are forgotten, new ones are requested. Returns `cache` itself when nothing moved.
 */
export function followReferences(
  cache: XdsCache,
  services: ReadonlySet<string>,
  nowMs: number,
): XdsCache {
  const listeners = track(cache.LDS, services, nowMs);
  const routeNames = heldValues(listeners).map((listener) => listener.routeConfigName);
  const routes = track(cache.RDS, new Set(routeNames), nowMs);
  const clusterNames = heldValues(routes).flatMap((config) =>
    config.virtualHosts.flatMap((host) => host.clusters.map((c) => c.cluster)),
  );
  const members = clusterNames.flatMap((name) => membersOf(cache.CDS.resources.get(name)));
  const clusters = track(cache.CDS, new Set([...clusterNames, ...members]), nowMs);
  const edsNames = heldValues(clusters).flatMap((c) => (c.kind === 'eds' ? [c.edsName] : []));
  const endpoints = track(cache.EDS, new Set(edsNames), nowMs);
  const same =
    listeners === cache.LDS &&
    routes === cache.RDS &&
    clusters === cache.CDS &&
    endpoints === cache.EDS;
  return same ? cache : { LDS: listeners, RDS: routes, CDS: clusters, EDS: endpoints };
}

/** The clusters that an aggregate cluster tries in turn; none for any other. */
function membersOf(cluster: Resource<Cluster> | undefined): readonly string[] {
  return cluster?.kind === 'held' && cluster.value.kind === 'aggregate'
    ? cluster.value.clusters
    : [];
}

/** `names` are gone: their time to live is over. */
export function forgetResources(
  cache: XdsCache,
  type: XdsType,
  names: readonly string[],
): XdsCache {
  const before: TypeCache<ResourceOf[XdsType]> = cache[type];
  const resources = new Map(before.resources);
  for (const name of names) if (resources.has(name)) resources.set(name, { kind: 'missing' });
  return { ...cache, [type]: { ...before, resources } };
}

/**
 * Names that were asked for `limitMs` ago and never answered do not exist (xds_protocol.rst, "Knowing When a Requested
 * Resource Does Not Exist"). Call only while connected: silence of a lost server says nothing.
 */
export function expireRequests(cache: XdsCache, limitMs: number, nowMs: number): XdsCache {
  const expire = <T>(type: TypeCache<T>): TypeCache<T> => {
    const late = [...type.resources].filter(
      ([, r]) => r.kind === 'requested' && nowMs - r.sinceMs >= limitMs,
    );
    if (late.length === 0) return type;
    const resources = new Map(type.resources);
    for (const [name] of late) resources.set(name, { kind: 'missing' });
    return { ...type, resources };
  };
  return {
    LDS: expire(cache.LDS),
    RDS: expire(cache.RDS),
    CDS: expire(cache.CDS),
    EDS: expire(cache.EDS),
  };
}

function heldValues<T>(type: TypeCache<T>): readonly T[] {
  return [...type.resources.values()].flatMap((r) => (r.kind === 'held' ? [r.value] : []));
}

interface Parsed<T> {
  readonly valid: ReadonlyMap<string, Extract<Resource<T>, { kind: 'held' }>>;
  readonly invalidNames: ReadonlySet<string>;
  readonly errors: readonly string[];
}

function parseAll<T extends { readonly name: string }>(
  parse: (resource: unknown) => T,
  resources: readonly unknown[],
): Parsed<T> {
  const valid = new Map<string, Extract<Resource<T>, { kind: 'held' }>>();
  const invalidNames = new Set<string>();
  const errors: string[] = [];
  resources.forEach((raw, index) => {
    try {
      const value = parse(raw);
      if (valid.has(value.name)) throw new ResourceError(value.name, 'appears twice');
      valid.set(value.name, { kind: 'held', value, raw, text: JSON.stringify(raw) });
    } catch (error) {
      if (!(error instanceof ResourceError)) throw error;
      invalidNames.add(error.resource);
      errors.push(`[resource index ${index}: ${error.resource}: ${error.message}]`);
    }
  });
  return { valid, invalidNames, errors };
}

/** Held names that a complete response left out. A refused resource was not left out. */
function omittedNames<T>(
  resources: ReadonlyMap<string, Resource<T>>,
  parsed: Parsed<T>,
): readonly string[] {
  return [...resources]
    .filter(([name, r]) => r.kind === 'held' && !parsed.valid.has(name))
    .map(([name]) => name)
    .filter((name) => !parsed.invalidNames.has(name));
}

function versionsAfter<T>(
  before: TypeCache<T>,
  version: string,
  errorDetail: string | undefined,
): Pick<TypeCache<T>, 'acked' | 'rejected' | 'rejectReason'> {
  if (errorDetail === undefined) return { acked: version };
  return {
    ...(before.acked !== undefined && { acked: before.acked }),
    rejected: version,
    rejectReason: errorDetail,
  };
}

function track<T>(type: TypeCache<T>, names: ReadonlySet<string>, nowMs: number): TypeCache<T> {
  const isSame =
    names.size === type.resources.size && [...names].every((name) => type.resources.has(name));
  if (isSame) return type;
  const resources = new Map<string, Resource<T>>();
  for (const name of names) {
    resources.set(name, type.resources.get(name) ?? { kind: 'requested', sinceMs: nowMs });
  }
  return { ...type, resources };
}
