'use client';

import { ChevronRight } from 'lucide-react';
import type { ServiceGroup } from '#analysis/service-map/group-services.ts';
import type { ServiceEdge, ServiceNode } from '#analysis/service-map/service-map.ts';
import { formatPercent, formatPlural, formatRate } from '#views/format/format-number.ts';
import { Button } from '#views/shell/button.tsx';
import { HealthIcon } from '#views/shell/health-icon.tsx';
import { isBad } from './find-edges.ts';
import { InspectorHead, InspectorSection, ModeSplit } from './inspector-parts.tsx';
import type { MapSelection } from './map-selection.ts';

/** More rows than this are for the table. */
const MAX_EDGES = 60;

/** A group: how it is reached from outside, and its services, worst first. */
export function InspectGroup({
  node,
  group,
  isOpen,
  onToggle,
  onSelect,
  onClose,
}: {
  readonly node: ServiceNode;
  readonly group: ServiceGroup;
  readonly isOpen: boolean;
  readonly onToggle: (group: string) => void;
  readonly onSelect: (selection: MapSelection) => void;
  readonly onClose: () => void;
}) {
  return (
    <>
      <InspectorHead
        health={node.health}
        title={group.name}
        subtitle={`${formatPlural(group.members.length, 'service')} · ${formatRate(node.requestsPerSecond)}`}
        onClose={onClose}
      />
      {node.incoming.length > 0 && (
        <InspectorSection title="How callees are found" hint="calls from outside the group">
          <ModeSplit counts={node.incoming} />
        </InspectorSection>
      )}
      <InspectorSection title="Its services" hint="worst first">
        <Button size="small" className="mb-2" onClick={() => onToggle(group.id)}>
          {isOpen ? 'Close it on the map' : 'Show all on the map'}
        </Button>
        <ul className="-mx-2">
          {group.members.map((member) => (
            <li key={member.id}>
              <Row
                health={member.health}
                name={member.name}
                figure={formatRate(member.requestsPerSecond)}
                note={isBad(member.health) ? member.healthReason : ''}
                onClick={() => onSelect({ kind: 'node', id: member.id })}
              />
            </li>
          ))}
        </ul>
      </InspectorSection>
    </>
  );
}

/** A bundle: the edges that it stands for, the failing ones first. */
export function InspectBundle({
  bundle,
  edges,
  onSelect,
  onClose,
}: {
  readonly bundle: ServiceEdge;
  readonly edges: readonly ServiceEdge[];
  readonly onSelect: (selection: MapSelection) => void;
  readonly onClose: () => void;
}) {
  const inOrder = edges.toSorted(
    (a, b) => b.errors - a.errors || b.callsPerSecond - a.callsPerSecond,
  );
  const plain = (id: string) => id.replace(/^group:|^@/, '');
  return (
    <>
      <InspectorHead
        health={bundle.health}
        title={`${plain(bundle.client)} → ${plain(bundle.server)}`}
        subtitle={`${formatPlural(edges.length, 'call edge')} · ${formatRate(bundle.callsPerSecond)} · ${formatPercent(bundle.errorRatio)} fail`}
        onClose={onClose}
      />
      {bundle.byMode.length > 0 && (
        <InspectorSection title="How callees are found">
          <ModeSplit counts={bundle.byMode} />
        </InspectorSection>
      )}
      <InspectorSection
        title="Its edges"
        hint={edges.length > MAX_EDGES ? `${MAX_EDGES} of ${edges.length}` : 'failing first'}
      >
        <ul className="-mx-2">
          {inOrder.slice(0, MAX_EDGES).map((edge) => (
            <li key={edge.id}>
              <Row
                health={edge.health}
                name={`${plain(edge.client)} → ${edge.server}`}
                figure={formatRate(edge.callsPerSecond)}
                note={edge.errors > 0 ? `${formatPercent(edge.errorRatio)} fail` : ''}
                onClick={() => onSelect({ kind: 'edge', id: edge.id })}
              />
            </li>
          ))}
        </ul>
      </InspectorSection>
    </>
  );
}

function Row({
  health,
  name,
  figure,
  note,
  onClick,
}: {
  readonly health: ServiceNode['health'];
  readonly name: string;
  readonly figure: string;
  readonly note: string;
  readonly onClick: () => void;
}) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="flex min-h-8 w-full items-center gap-2 rounded-md px-2 py-1 text-left text-sm hover:bg-raise"
    >
      <HealthIcon health={health} size={14} />
      <span className="min-w-0 flex-1">
        <span className="block truncate">{name}</span>
        {note !== '' && <span className="block truncate text-crit-text text-xs">{note}</span>}
      </span>
      <span className="tabular shrink-0 text-muted text-xs">{figure}</span>
      <ChevronRight size={13} className="shrink-0 text-dim" aria-hidden />
    </button>
  );
}
