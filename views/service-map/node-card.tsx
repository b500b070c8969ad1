'use client';

import { Cloud, Database, type LucideIcon, MessagesSquare, Users } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import type { ServiceNode } from '#analysis/service-map/service-map.ts';
import { verdictLook, worstVerdict } from '#views/control-plane/verdict-look.ts';
import { formatRate } from '#views/format/format-number.ts';
import { classNames } from '#views/shell/class-names.ts';
import { HealthIcon } from '#views/shell/health-icon.tsx';
import { SplitBar } from '#views/shell/split-bar.tsx';
import { PORT_DROP } from './control-lines.ts';
import { describeConfig, describeFlow, speakNode, speakUsers } from './describe-node.ts';
import type { Box } from './place-map.ts';

const KIND_ICONS: Readonly<Partial<Record<ServiceNode['kind'], LucideIcon>>> = {
  database: Database,
  messaging: MessagesSquare,
  address: Cloud,
};
export const GROUNDS: Readonly<Record<ServiceNode['health'], string>> = {
  ok: 'border-edge bg-node',
  unknown: 'border-edge bg-node',
  degraded: 'border-warn-edge bg-warn-node',
  critical: 'border-crit bg-crit-node shadow-[0_0_22px_-6px_var(--crit)]',
};
const CONFIG_TEXT = {
  ok: 'text-muted',
  quiet: 'text-dim',
  warn: 'text-warn-text',
  crit: 'text-crit-text',
} as const;

export interface NodeProps {
  readonly node: ServiceNode;
  readonly box: Box;
  readonly isSelected: boolean;
  readonly isFaded: boolean;
  /** Nothing about its incoming routing changed. */
  readonly isUsual: boolean;
  /** What it asks of others; all that is known of users. */
  readonly outgoingPerSecond: number;
  readonly onSelect: (id: string) => void;
  readonly onHover: (id: string | undefined) => void;
  readonly onWalk: (id: string, event: KeyboardEvent) => void;
}

/** One service, database, queue or host. Its bar says how callers reach it, its port how its configuration stands. */
export function NodeCard(props: NodeProps) {
  const { node, box, isSelected, isFaded, outgoingPerSecond, onSelect, onHover, onWalk } = props;
  const isInferred = node.kind !== 'service' && node.kind !== 'users';
  return (
    <div
      // Words stay readable; colour, fill and bar step back.
      className={classNames('absolute', isFaded && 'faded')}
      style={{ left: box.x, top: box.y, width: box.width, height: box.height }}
    >
      <button
        type="button"
        data-node={node.id}
        aria-label={node.kind === 'users' ? speakUsers(outgoingPerSecond) : speakNode(node)}
        aria-pressed={isSelected}
        onClick={() => onSelect(node.id)}
        onMouseEnter={() => onHover(node.id)}
        onMouseLeave={() => onHover(undefined)}
        onFocus={() => onHover(node.id)}
        onBlur={() => onHover(undefined)}
        onKeyDown={(event) => onWalk(node.id, event)}
        className={classNames(
          'absolute inset-0 overflow-hidden border text-left transition-colors duration-200 hover:border-dim',
          node.kind === 'users' ? 'rounded-full' : 'rounded-[9px]',
          GROUNDS[node.health],
          isInferred && 'border-dim border-dashed',
          isSelected && 'outline-2 outline-select outline-offset-2',
        )}
      >
        {node.kind === 'users' ? (
          <UsersFace perSecond={outgoingPerSecond} />
        ) : (
          <ServiceFace {...props} />
        )}
      </button>
      <Port node={node} />
    </div>
  );
}

function UsersFace({ perSecond }: { readonly perSecond: number }) {
  return (
    <span className="flex h-full items-center justify-center gap-2 px-3">
      <Users size={14} className="text-muted" aria-hidden />
      <span>
        <span className="block font-semibold text-sm leading-4">users</span>
        <span className="tabular block text-muted text-xs leading-4">{formatRate(perSecond)}</span>
      </span>
    </span>
  );
}

function ServiceFace({ node, isUsual }: NodeProps) {
  const flow = describeFlow(node);
  const config = describeConfig(node);
  const KindIcon = KIND_ICONS[node.kind];
  return (
    <span className="block py-[7px] pr-2 pl-3.5">
      <span className="flex items-center gap-1.5">
        {KindIcon === undefined ? (
          <HealthIcon health={node.health} silent />
        ) : (
          <KindIcon size={15} className="shrink-0 text-muted" aria-hidden />
        )}
        <span className="truncate font-semibold leading-[18px]">{node.name}</span>
        {node.instances > 1 && <span className="text-muted text-xs">×{node.instances}</span>}
      </span>
      <span className="tabular mt-px block truncate text-muted text-xs">
        {flow.rate}
        {flow.detail !== '' && ' · '}
        <span className={flow.isBad ? failWord(node.health) : undefined}>{flow.detail}</span>
      </span>
      <span className={`tabular block truncate text-xs ${CONFIG_TEXT[config.tone]}`}>
        {config.text}
      </span>
      <SplitBar
        counts={node.incoming}
        quiet={isUsual}
        silent
        className="absolute inset-x-0 bottom-0"
      />
    </span>
  );
}

function failWord(health: ServiceNode['health']): string {
  return `font-medium ${health === 'critical' ? 'text-crit-text' : 'text-warn-text'}`;
}

const PORT_LOOK = {
  ok: 'border-ok-edge text-ok',
  quiet: 'border-edge text-dim',
  warn: 'border-warn text-warn',
  crit: 'border-crit text-crit',
} as const;

/** Where the configuration arrives: its state stands where it is used, and outlives the control plane. */
export function Port({ node }: { readonly node: ServiceNode }) {
  const worst = worstVerdict(node.clients);
  if (worst === undefined) return null;
  const { Icon, tone, word } = verdictLook(worst);
  return (
    <span
      title={word}
      aria-hidden
      className={classNames(
        '-left-[9px] absolute grid size-[18px] place-items-center rounded-full border-[1.5px] bg-bg',
        PORT_LOOK[tone],
      )}
      style={{ top: PORT_DROP - 9 }}
    >
      <Icon size={11} strokeWidth={2.4} aria-hidden />
    </span>
  );
}
