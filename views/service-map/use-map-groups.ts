'use client';

import { useCallback, useMemo, useState } from 'react';
import {
  GROUP_ABOVE,
  type GroupedMap,
  type Grouping,
  groupServices,
  type ServiceGroup,
} from '#analysis/service-map/group-services.ts';
import type { ServiceMap, ServiceNode } from '#analysis/service-map/service-map.ts';
import { elapsedNs, NS_PER_SECOND, type UnixNano } from '#telemetry/time.ts';
import { useUrlState } from '#views/shell/use-url-state.ts';
import { isBad } from './find-edges.ts';
import { groupHeight } from './group-size.ts';
import type { MapSelection } from './map-selection.ts';

export type GroupBy = Grouping | 'none';

export interface MapGroups extends GroupedMap {
  /** Groups that the reader opened. */
  readonly open: ReadonlySet<string>;
  /** What of each group is shown by name: all of an open one, else what is or was just unwell. */
  readonly rows: ReadonlyMap<string, readonly ServiceNode[]>;
  /** Of the groups with rows, px. The same object while none changes. */
  readonly heights: ReadonlyMap<string, number>;
  readonly toggle: (group: string) => void;
}

/** A service that has healed keeps its row so long: a group must not open and close with every wave. */
const LINGER_NS = 60 * NS_PER_SECOND;

/**
 * The groups of the map as the address asks for them; undefined for one that is drawn service by service. `pinned` are
 * shown by name in place of those that are unwell just now: where time is scrubbed, no card may grow or shrink.
 */
export function useMapGroups(
  map: ServiceMap,
  selection: MapSelection | undefined,
  pinned?: ReadonlySet<string>,
): {
  readonly by: GroupBy;
  readonly setBy: (by: GroupBy) => void;
  readonly groups: MapGroups | undefined;
} {
  const [params, change] = useUrlState();
  const services = map.nodes.reduce((n, node) => (node.kind === 'service' ? n + 1 : n), 0);
  const usual: GroupBy = services > GROUP_ABOVE ? 'name' : 'none';
  const by = parseGroupBy(params.get('group')) ?? usual;
  const setBy = useCallback(
    (next: GroupBy) => change({ group: next === usual ? undefined : next, open: undefined }),
    [change, usual],
  );
  const openText = params.get('open') ?? '';
  const open = useMemo(() => new Set(openText.split(',').filter(Boolean)), [openText]);
  const toggle = useCallback(
    (group: string) => {
      const next = new Set(open);
      if (!next.delete(group)) next.add(group);
      change({ open: [...next].join(',') });
    },
    [open, change],
  );
  const lately = useLatelyBad(map);
  const grouped = useMemo(() => (by === 'none' ? undefined : groupServices(map, by)), [map, by]);
  const chosen = selection?.kind === 'node' ? selection.id : undefined;
  const rows = useMemo(
    () =>
      grouped === undefined
        ? new Map()
        : rowsOf(grouped.groups, open, { shown: pinned ?? lately, chosen, isFixed: !!pinned }),
    [grouped, open, lately, pinned, chosen],
  );
  const heights = useHeights(rows);
  const groups = useMemo(
    () => (grouped === undefined ? undefined : { ...grouped, open, rows, heights, toggle }),
    [grouped, open, rows, heights, toggle],
  );
  return { by, setBy, groups };
}

function parseGroupBy(text: string | null): GroupBy | undefined {
  return text === 'none' || text === 'name' || text === 'cluster' ? text : undefined;
}

/** Worst first, as members stand in their group; by name where rows are fixed. */
export function rowsOf(
  groups: ReadonlyMap<string, ServiceGroup>,
  open: ReadonlySet<string>,
  rule: {
    readonly shown: { readonly has: (id: string) => boolean };
    readonly chosen: string | undefined;
    readonly isFixed: boolean;
  },
): ReadonlyMap<string, readonly ServiceNode[]> {
  return new Map(
    [...groups.values()].flatMap(({ id, members }): [string, readonly ServiceNode[]][] => {
      const rows = open.has(id)
        ? members
        : members.filter((node) => rule.shown.has(node.id) || node.id === rule.chosen);
      if (rows.length === 0) return [];
      return [[id, rule.isFixed ? rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)) : rows]];
    }),
  );
}

/** When each service was last seen unwell, within the time that its row lingers. */
function useLatelyBad(map: ServiceMap): ReadonlyMap<string, UnixNano> {
  const [state, setState] = useState(() => ({ map, lately: latelyBad(map, new Map()) }));
  if (state.map === map) return state.lately;
  const lately = latelyBad(map, state.lately);
  setState({ map, lately });
  return lately;
}

function latelyBad(
  map: ServiceMap,
  before: ReadonlyMap<string, UnixNano>,
): ReadonlyMap<string, UnixNano> {
  const now = map.window.endUnixNano;
  return new Map(
    map.nodes.flatMap((node): [string, UnixNano][] => {
      if (isBad(node.health)) return [[node.id, now]];
      const last = before.get(node.id);
      const lingers = last !== undefined && Math.abs(elapsedNs(last, now)) < LINGER_NS;
      return lingers ? [[node.id, last]] : [];
    }),
  );
}

function useHeights(
  rows: ReadonlyMap<string, readonly ServiceNode[]>,
): ReadonlyMap<string, number> {
  const key = [...rows].map(([id, shown]) => `${id} ${shown.length}`).join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for what of `rows` decides the heights
  return useMemo(
    () => new Map([...rows].map(([id, shown]) => [id, groupHeight(shown.length)])),
    [key],
  );
}
