import { judgeCalls } from '#analysis/service-map/judge-calls.ts';
import { orDegraded } from '#analysis/service-map/mark-slow.ts';
import type {
  Health,
  ModeCount,
  ServiceEdge,
  ServiceMap,
  ServiceNode,
} from '#analysis/service-map/service-map.ts';
import { ROUTING_MODES } from '#telemetry/routing-mode.ts';

export type Grouping = 'name' | 'cluster';

/** Several services drawn as one. */
export interface ServiceGroup {
  readonly id: string;
  readonly name: string;
  /** Worst first, then by name. */
  readonly members: readonly ServiceNode[];
}

export interface GroupedMap {
  /** Groups in the place of their members; its edges are bundles. */
  readonly map: ServiceMap;
  readonly groups: ReadonlyMap<string, ServiceGroup>;
  /** Node → group, for those that stand in one. */
  readonly groupOf: ReadonlyMap<string, string>;
  /** Edge → the bundle that draws it. Edges inside of one group have none. */
  readonly bundleOf: ReadonlyMap<string, string>;
}

/** A map of more services than this is grouped unless asked otherwise. */
export const GROUP_ABOVE = 60;
/** Fewer than this are quicker read one by one. */
const MIN_MEMBERS = 2;
const PROPAGATION_ROUNDS = 20;

/**
 * `map` with its services put together: by the first part of their names (`shop-cart`, `shop.api` and `shop/db` are of
 * `shop`), or by who calls whom. Which group a service is in depends on the set of services and edges alone.
 */
export function groupServices(map: ServiceMap, grouping: Grouping): GroupedMap {
  const services = map.nodes.filter((node) => node.kind === 'service');
  const names = grouping === 'name' ? groupByName(services) : groupByCalls(services, map.edges);
  const groups = toGroups(services, names);
  const groupOf = new Map(
    [...groups.values()].flatMap(({ id, members }) => members.map((node) => [node.id, id])),
  );
  const { edges, bundleOf } = toBundles(map, groupOf);
  const single = map.nodes.filter((node) => !groupOf.has(node.id));
  const inbound = incomingOf(map, groupOf);
  const grouped = [...groups.values()].map((group) => toGroupNode(group, inbound.get(group.id)));
  return {
    map: { ...map, nodes: [...single, ...grouped], edges },
    groups,
    groupOf,
    bundleOf,
  };
}

/** "shop" and "cart" of "shop-cart"; undefined for a name of one part. */
export function partsOfName(
  name: string,
): { readonly first: string; readonly rest: string } | undefined {
  const [, first, rest] = /^([^./:_-]+)[./:_-](.*)$/.exec(name) ?? [];
  return first === undefined || rest === undefined ? undefined : { first, rest };
}

function groupByName(services: readonly ServiceNode[]): ReadonlyMap<string, string> {
  return new Map(
    services.flatMap(({ id, name }) => {
      const parts = partsOfName(name);
      return parts === undefined ? [] : [[id, parts.first]];
    }),
  );
}

/**
 * Label propagation (Raghavan, Albert & Kumara, Near linear time algorithm to detect community structures, 2007), in a
 * fixed order and with ties by name, so that the same graph always falls into the same groups. A group is called after
 * its member with most neighbours.
 */
function groupByCalls(
  services: readonly ServiceNode[],
  edges: readonly ServiceEdge[],
): ReadonlyMap<string, string> {
  const ids = services.map(({ id }) => id).sort();
  const neighbours = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const { client, server } of edges) {
    if (client === server || !neighbours.has(client) || !neighbours.has(server)) continue;
    neighbours.get(client)?.push(server);
    neighbours.get(server)?.push(client);
  }
  const label = new Map(ids.map((id) => [id, id]));
  for (let round = 0; round < PROPAGATION_ROUNDS; round++) {
    let isChanged = false;
    for (const id of ids) {
      const next = commonestLabel(neighbours.get(id) ?? [], label) ?? id;
      isChanged ||= next !== label.get(id);
      label.set(id, next);
    }
    if (!isChanged) break;
  }
  return nameByHub(ids, label, neighbours);
}

function commonestLabel(
  around: readonly string[],
  label: ReadonlyMap<string, string>,
): string | undefined {
  const counts = new Map<string, number>();
  for (const id of around) {
    const name = label.get(id) ?? id;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0];
}

function nameByHub(
  ids: readonly string[],
  label: ReadonlyMap<string, string>,
  neighbours: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, string> {
  const degree = (id: string) => new Set(neighbours.get(id)).size;
  const hubs = new Map<string, string>();
  for (const id of ids) {
    const name = label.get(id) ?? id;
    const hub = hubs.get(name);
    if (hub === undefined || degree(id) > degree(hub)) hubs.set(name, id);
  }
  return new Map(ids.map((id) => [id, hubs.get(label.get(id) ?? id) ?? id]));
}

function toGroups(
  services: readonly ServiceNode[],
  names: ReadonlyMap<string, string>,
): ReadonlyMap<string, ServiceGroup> {
  const members = new Map<string, ServiceNode[]>();
  for (const node of services) {
    const name = names.get(node.id);
    if (name !== undefined) members.set(name, [...(members.get(name) ?? []), node]);
  }
  return new Map(
    [...members]
      .filter(([, nodes]) => nodes.length >= MIN_MEMBERS)
      .map(([name, nodes]) => {
        const id = groupId(name);
        return [id, { id, name, members: nodes.toSorted(worstFirst) }];
      }),
  );
}

/** No service can be called so: `:` opens no name part. */
function groupId(name: string): string {
  return `group:${name}`;
}

const RANKS: Readonly<Record<Health, number>> = { critical: 0, degraded: 1, ok: 2, unknown: 3 };

function worstFirst(a: ServiceNode, b: ServiceNode): number {
  return RANKS[a.health] - RANKS[b.health] || (a.name < b.name ? -1 : 1);
}

function toBundles(
  map: ServiceMap,
  groupOf: ReadonlyMap<string, string>,
): { readonly edges: readonly ServiceEdge[]; readonly bundleOf: ReadonlyMap<string, string> } {
  const bundleOf = new Map<string, string>();
  const parts = new Map<string, ServiceEdge[]>();
  for (const edge of map.edges) {
    const client = groupOf.get(edge.client) ?? edge.client;
    const server = groupOf.get(edge.server) ?? edge.server;
    if (client === server && client !== edge.client) continue;
    const id = `${client}->${server}`;
    bundleOf.set(edge.id, id);
    const list = parts.get(id);
    if (list === undefined) parts.set(id, [edge]);
    else list.push(edge);
  }
  const edges = [...parts].map(([id, list]) => {
    const [first] = list;
    const client = groupOf.get(first?.client ?? '') ?? first?.client ?? '';
    const server = groupOf.get(first?.server ?? '') ?? first?.server ?? '';
    return toBundle(id, client, server, list);
  });
  return { edges: edges.sort((a, b) => (a.id < b.id ? -1 : 1)), bundleOf };
}

/** Latencies of several edges cannot be added up from their quantiles: a bundle has none. */
function toBundle(
  id: string,
  client: string,
  server: string,
  parts: readonly ServiceEdge[],
): ServiceEdge {
  const [only] = parts;
  if (only !== undefined && parts.length === 1 && only.id === id) return only;
  const calls = sum(parts, (edge) => edge.calls);
  const errors = sum(parts, (edge) => edge.errors);
  const slow = parts.find((edge) => edge.slowdown !== undefined)?.slowdown;
  const moved = parts.find((edge) => edge.usualMode !== undefined)?.usualMode;
  return {
    id,
    client,
    server,
    callsPerSecond: sum(parts, (edge) => edge.callsPerSecond),
    calls,
    errors,
    errorRatio: calls === 0 ? 0 : errors / calls,
    byMode: addModes(parts.map((edge) => edge.byMode)),
    health: slow === undefined ? judgeCalls(calls, errors) : orDegraded(judgeCalls(calls, errors)),
    ...(slow === undefined ? {} : { slowdown: slow }),
    ...(moved === undefined ? {} : { usualMode: moved }),
  };
}

/** What reaches a group from outside, by mode; calls among its own are its own matter. */
function incomingOf(
  map: ServiceMap,
  groupOf: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly ModeCount[]> {
  const lists = new Map<string, (readonly ModeCount[])[]>();
  for (const edge of map.edges) {
    const group = groupOf.get(edge.server);
    if (group === undefined || groupOf.get(edge.client) === group) continue;
    lists.set(group, [...(lists.get(group) ?? []), edge.byMode]);
  }
  return new Map([...lists].map(([group, modes]) => [group, addModes(modes)]));
}

function toGroupNode(
  { id, name, members }: ServiceGroup,
  incoming: readonly ModeCount[] = [],
): ServiceNode {
  const requests = sum(members, (node) => node.requestsPerSecond);
  const failing = members.filter(({ health }) => health === 'critical' || health === 'degraded');
  return {
    id,
    name,
    kind: 'service',
    health: members[0]?.health ?? 'unknown',
    healthReason: failing.length === 0 ? '' : `${failing.length} of ${members.length} unhealthy`,
    instances: sum(members, (node) => node.instances),
    requestsPerSecond: requests,
    errorRatio:
      requests === 0
        ? 0
        : sum(members, (node) => node.errorRatio * node.requestsPerSecond) / requests,
    incoming,
    clients: members.flatMap((node) => node.clients),
  };
}

function addModes(lists: readonly (readonly ModeCount[])[]): readonly ModeCount[] {
  const all = lists.flat();
  return ROUTING_MODES.flatMap((mode) => {
    const own = all.filter((count) => count.mode === mode);
    if (own.length === 0) return [];
    return [{ mode, calls: sum(own, (c) => c.calls), errors: sum(own, (c) => c.errors) }];
  });
}

function sum<T>(items: readonly T[], read: (item: T) => number): number {
  return items.reduce((total, item) => total + read(item), 0);
}
