'use client';

import { type ReactNode, useMemo, useRef } from 'react';
import type { ServiceMap } from '#analysis/service-map/service-map.ts';
import type { SeenHistory } from '#views/live/edge-history.ts';
import { useKeys } from '#views/shell/keys.tsx';
import { InspectControlPlane, InspectDns } from './inspect-bands.tsx';
import { InspectEdge } from './inspect-edge.tsx';
import { InspectBundle, InspectGroup } from './inspect-group.tsx';
import { InspectNode } from './inspect-node.tsx';
import { InspectorHead } from './inspector-parts.tsx';
import type { MapSelection } from './map-selection.ts';
import { NeedsAttention } from './needs-attention.tsx';
import type { MapGroups } from './use-map-groups.ts';

export interface InspectorProps {
  readonly map: ServiceMap;
  readonly selection: MapSelection | undefined;
  readonly seen: SeenHistory;
  /** The map is not that of the present: traces are looked for in its own time. */
  readonly isPast: boolean;
  /** Of a map that is drawn in groups. */
  readonly groups?: MapGroups | undefined;
  readonly onSelect: (selection: MapSelection | undefined) => void;
}

/** What is known about the selected thing, beside the map; what needs attention when nothing is selected. */
export function Inspector(props: InspectorProps) {
  const aside = useRef<HTMLElement>(null);
  useKeys(
    'Map',
    useMemo(
      () => [{ keys: 'i', label: 'To the inspector', run: () => aside.current?.focus() }],
      [],
    ),
  );
  // What is pressed in here goes with what it was part of: the focus stays where the next thing is said.
  const onSelect = (next: MapSelection | undefined) => {
    aside.current?.focus();
    props.onSelect(next);
  };
  return (
    <aside
      ref={aside}
      tabIndex={-1}
      aria-label="Inspector"
      className="flex w-[348px] shrink-0 flex-col overflow-y-auto border-line border-l bg-panel"
    >
      <Inspected {...props} onSelect={onSelect} />
    </aside>
  );
}

function Inspected(props: InspectorProps) {
  const { map, selection, seen, onSelect } = props;
  const close = () => onSelect(undefined);
  const past = props.isPast ? map.window : undefined;
  const grouped = inspectGrouped(props, close);
  if (grouped !== undefined) return grouped;
  if (selection?.kind === 'edge') {
    const edge = map.edges.find((candidate) => candidate.id === selection.id);
    if (edge === undefined) return <Gone what={selection.id} onClose={close} />;
    return (
      <InspectEdge edge={edge} map={map} seen={seen.get(edge.id)} past={past} onClose={close} />
    );
  }
  if (selection?.kind === 'node') {
    const node = map.nodes.find((candidate) => candidate.id === selection.id);
    if (node === undefined) return <Gone what={selection.id} onClose={close} />;
    return (
      <InspectNode
        node={node}
        map={map}
        seen={seen.get(`node:${node.id}`)}
        past={past}
        onSelect={onSelect}
        onClose={close}
      />
    );
  }
  if (selection?.kind === 'control-plane') {
    return <InspectControlPlane view={map.controlPlane} onClose={close} />;
  }
  if (selection?.kind === 'dns' && map.dns !== undefined) {
    return <InspectDns dns={map.dns} map={map} onSelect={onSelect} onClose={close} />;
  }
  return <NeedsAttention map={map} onSelect={onSelect} />;
}

/** undefined when what is selected is no group and no bundle. */
function inspectGrouped(
  { map, selection, groups, onSelect }: InspectorProps,
  close: () => void,
): ReactNode {
  if (groups === undefined || selection === undefined || !('id' in selection)) return undefined;
  const { id } = selection;
  const group = groups.groups.get(id);
  const node = groups.map.nodes.find((candidate) => candidate.id === id);
  if (group !== undefined && node !== undefined) {
    return (
      <InspectGroup
        node={node}
        group={group}
        isOpen={groups.open.has(id)}
        onToggle={groups.toggle}
        onSelect={onSelect}
        onClose={close}
      />
    );
  }
  const bundle = groups.map.edges.find((candidate) => candidate.id === id);
  if (bundle === undefined || map.edges.some((edge) => edge.id === id)) return undefined;
  const edges = map.edges.filter((edge) => groups.bundleOf.get(edge.id) === id);
  return <InspectBundle bundle={bundle} edges={edges} onSelect={onSelect} onClose={close} />;
}

function Gone({ what, onClose }: { readonly what: string; readonly onClose: () => void }) {
  return (
    <InspectorHead
      health="unknown"
      title={what}
      subtitle="not seen in this window"
      onClose={onClose}
    />
  );
}
