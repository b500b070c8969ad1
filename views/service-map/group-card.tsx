'use client';

import { ChevronDown, ChevronRight } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { partsOfName, type ServiceGroup } from '#analysis/service-map/group-services.ts';
import type { Health, ServiceNode } from '#analysis/service-map/service-map.ts';
import { formatPlural, formatRate } from '#views/format/format-number.ts';
import { classNames } from '#views/shell/class-names.ts';
import { HealthIcon, healthWord } from '#views/shell/health-icon.tsx';
import { SplitBar } from '#views/shell/split-bar.tsx';
import { describeFlow, speakNode, speakRate } from './describe-node.ts';
import { GROUP_FOOT, GROUP_HEAD, GROUP_ROW } from './group-size.ts';
import { GROUNDS, type NodeProps, Port } from './node-card.tsx';

/** More cells than this would not be counted by eye any more. */
const MAX_CELLS = 24;
const CELLS: Readonly<Record<Health, string>> = {
  ok: 'bg-ok/55',
  degraded: 'bg-warn-solid',
  critical: 'bg-crit',
  unknown: 'border border-dim',
};
const ROW_GROUNDS: Readonly<Record<Health, string>> = {
  ok: 'border-edge',
  unknown: 'border-edge border-dashed',
  degraded: 'border-warn-edge bg-warn-node',
  critical: 'border-crit-edge bg-crit-node',
};

interface GroupProps extends Omit<NodeProps, 'outgoingPerSecond'> {
  readonly group: ServiceGroup;
  /** Members shown by name. */
  readonly rows: readonly ServiceNode[];
  readonly isOpen: boolean;
  readonly selectedMember: string | undefined;
  readonly onToggle: (group: string) => void;
}

/** Several services as one card: a cell for each, narrower where they are many, and those that need a look by name. */
export function GroupCard(props: GroupProps) {
  const { node, box, group, rows, isSelected, isFaded, isUsual } = props;
  return (
    <div
      className={classNames('absolute', isFaded && 'faded')}
      style={{ left: box.x, top: box.y, width: box.width, height: box.height }}
    >
      <div
        className={classNames(
          'absolute inset-0 overflow-hidden rounded-[9px] border',
          GROUNDS[rows.length > 0 && node.health === 'critical' ? 'degraded' : node.health],
          isSelected && 'outline-2 outline-select outline-offset-2',
        )}
      >
        <GroupHead {...props} />
        {rows.map((member) => (
          <MemberRow key={member.id} member={member} {...props} />
        ))}
        {rows.length > 0 && (
          <button
            type="button"
            onClick={() => props.onToggle(group.id)}
            className="flex w-full items-center gap-1.5 px-3 text-left text-muted text-xs hover:text-fg"
            style={{ height: GROUP_FOOT - 6 }}
          >
            {restWords(group, rows)}
            {props.isOpen ? (
              <ChevronDown size={13} className="ml-auto" aria-hidden />
            ) : (
              <ChevronRight size={13} className="ml-auto" aria-hidden />
            )}
          </button>
        )}
        <SplitBar
          counts={node.incoming}
          quiet={isUsual}
          silent
          className="absolute inset-x-0 bottom-0"
        />
      </div>
      <Port node={node} />
    </div>
  );
}

function GroupHead({ node, group, rows, isOpen, onSelect, onToggle, onHover, onWalk }: GroupProps) {
  return (
    <button
      type="button"
      data-node={group.id}
      aria-expanded={isOpen}
      aria-label={speakGroup(node, group)}
      onClick={() => {
        onToggle(group.id);
        onSelect(group.id);
      }}
      onMouseEnter={() => onHover(node.id)}
      onMouseLeave={() => onHover(undefined)}
      onFocus={() => onHover(node.id)}
      onBlur={() => onHover(undefined)}
      onKeyDown={(event: KeyboardEvent) => onWalk(node.id, event)}
      className="block w-full pt-2 pr-2 pl-3.5 text-left"
      style={{ height: rows.length > 0 ? GROUP_HEAD : '100%' }}
    >
      <span className="flex items-center gap-1.5">
        <HealthIcon health={node.health} silent />
        <span className="truncate font-semibold leading-[18px]">{group.name}</span>
      </span>
      <span className="tabular block truncate text-muted text-xs">
        {group.members.length} services · {formatRate(node.requestsPerSecond)}
      </span>
      <span className="mt-1 flex gap-[2px]" aria-hidden>
        {group.members.slice(0, MAX_CELLS).map((member) => (
          <span
            key={member.id}
            className={`h-[7px] max-w-[7px] flex-1 rounded-[2px] ${CELLS[member.health]}`}
          />
        ))}
      </span>
    </button>
  );
}

function MemberRow({
  member,
  selectedMember,
  onSelect,
}: { readonly member: ServiceNode } & GroupProps) {
  const flow = describeFlow(member);
  return (
    <div className="px-1.5" style={{ height: GROUP_ROW }}>
      <button
        type="button"
        data-node={member.id}
        aria-label={speakNode(member)}
        aria-pressed={selectedMember === member.id}
        onClick={() => onSelect(member.id)}
        className={classNames(
          'flex w-full items-center gap-1.5 rounded-md border px-1.5 text-left hover:border-dim',
          ROW_GROUNDS[member.health],
          selectedMember === member.id && 'outline-2 outline-select',
        )}
        style={{ height: GROUP_ROW - 3 }}
      >
        <HealthIcon health={member.health} size={13} silent />
        <span className="min-w-0 flex-1 leading-[14px]">
          <span className="block truncate font-medium text-xs leading-[15px]">
            {shortName(member.name)}
          </span>
          <span className="tabular block truncate text-2xs text-muted">
            {flow.detail === '' ? flow.rate : flow.isBad ? flow.detail : flow.rate}
          </span>
        </span>
      </button>
    </div>
  );
}

/** The group says the first part already; a number alone is no name. */
function shortName(name: string): string {
  const rest = partsOfName(name)?.rest ?? '';
  return /[^\d]/.test(rest) ? rest : name;
}

function restWords(group: ServiceGroup, rows: readonly ServiceNode[]): string {
  const rest = group.members.length - rows.length;
  if (rest === 0) return 'close';
  const shown = new Set(rows.map(({ id }) => id));
  const hidden = group.members.filter(({ id }) => !shown.has(id));
  const isWell = hidden.every(({ health }) => health === 'ok');
  return isWell ? `${rest} healthy` : `${rest} more`;
}

function speakGroup(node: ServiceNode, group: ServiceGroup): string {
  return [
    `group ${group.name}`,
    formatPlural(group.members.length, 'service'),
    healthWord(node.health),
    node.healthReason,
    speakRate(node.requestsPerSecond),
  ]
    .filter((part) => part !== '')
    .join(', ');
}
