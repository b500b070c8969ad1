'use client';

import { Network, Server } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ControlPlaneView, DnsView } from '#analysis/control-plane/xds-client.ts';
import type { Health } from '#analysis/service-map/service-map.ts';
import { versionWord } from '#telemetry/version-word.ts';
import { judgeTwoViews } from '#views/control-plane/two-views.ts';
import { formatPlural, formatRate } from '#views/format/format-number.ts';
import { classNames } from '#views/shell/class-names.ts';
import { HealthIcon, healthWord } from '#views/shell/health-icon.tsx';
import type { Box } from './place-map.ts';

interface CardProps {
  readonly box: Box;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}

const EDGE: Readonly<Record<Health, string>> = {
  ok: 'border-control',
  degraded: 'border-warn',
  critical: 'border-crit',
  unknown: 'border-dim border-dashed',
};

/** What the server says on the left, what its clients say on the right, `≠` between them where they differ. */
export function ControlPlaneCard({
  view,
  box,
  isSelected,
  onSelect,
}: CardProps & { readonly view: ControlPlaneView }) {
  const { server, clients, health } = judgeTwoViews(view);
  const lost = view.clients.filter((client) => !client.connected).length;
  return (
    <BandCard
      box={box}
      isSelected={isSelected}
      onSelect={onSelect}
      edge={EDGE[health]}
      name={`control plane, ${healthWord(health)}. The server says ${server.word}, its clients say ${clients.word}`}
    >
      <span className="flex w-[27%] flex-col justify-center pr-2 pl-3.5">
        <span className="flex items-center gap-1.5 font-semibold">
          <Server size={15} className="shrink-0 text-control" aria-hidden />
          <span className="truncate">{view.server.service ?? 'control plane'}</span>
        </span>
        <span className="num truncate text-muted text-xs">
          {[versionWord(view.server.version ?? ''), view.server.release]
            .filter(Boolean)
            .join(' · ') || 'no word yet'}
        </span>
        <span className="truncate text-muted text-xs">
          {formatPlural(view.clients.length, 'client')}
          {lost > 0 && ` · ${lost} lost`}
        </span>
      </span>
      <Saying title="The server says" health={server.health} word={server.word}>
        {server.detail}
      </Saying>
      <span className="relative flex flex-1">
        {server.word !== clients.word && !clients.agrees && (
          <span
            className={`-left-3 -translate-y-1/2 absolute top-1/2 z-10 grid size-6 place-items-center rounded-full border bg-bg font-semibold text-xs ${health === 'critical' ? 'border-crit text-crit' : 'border-warn text-warn'}`}
          >
            ≠
          </span>
        )}
        <Saying
          title="Its clients say"
          health={clients.health}
          word={clients.word}
          tinted={clients.health === 'critical'}
        >
          {clients.detail}
        </Saying>
      </span>
    </BandCard>
  );
}

export function DnsCard({
  view,
  isSilent,
  box,
  isSelected,
  onSelect,
}: CardProps & { readonly view: DnsView; readonly isSilent: boolean }) {
  const fails = !isSilent && view.failuresPerSecond > 0;
  const health: Health = isSilent ? 'unknown' : fails ? 'degraded' : 'ok';
  const word = isSilent ? 'silent' : fails ? 'some lookups fail' : 'answers';
  return (
    <BandCard
      box={box}
      isSelected={isSelected}
      onSelect={onSelect}
      edge={isSilent ? EDGE.unknown : fails ? 'border-warn' : 'border-dns-edge'}
      name={`DNS, ${healthWord(health)}, ${formatRate(view.queriesPerSecond)} queries`}
    >
      <span className="flex w-[38%] flex-col justify-center pr-2 pl-3.5">
        <span className="flex items-center gap-1.5 font-semibold">
          <Network size={15} className="shrink-0 text-dns" aria-hidden />
          <span className="truncate">{view.service}</span>
        </span>
        <span className="truncate text-muted text-xs">{formatPlural(view.names, 'name')}</span>
      </span>
      <Saying title="" health={health} word={word}>
        {isSilent && 'last known: '}
        {formatRate(view.queriesPerSecond)} queries
        {fails && `, ${formatRate(view.failuresPerSecond)} fail`}
      </Saying>
    </BandCard>
  );
}

function BandCard({
  box,
  isSelected,
  onSelect,
  edge,
  name,
  children,
}: CardProps & { readonly edge: string; readonly name: string; readonly children: ReactNode }) {
  return (
    <button
      type="button"
      aria-label={name}
      aria-pressed={isSelected}
      onClick={onSelect}
      className={classNames(
        'absolute flex overflow-hidden rounded-[9px] border bg-panel text-left hover:bg-raise',
        edge,
        isSelected && 'outline-2 outline-select outline-offset-2',
      )}
      style={{ left: box.x, top: box.y, width: box.width, height: box.height }}
    >
      {children}
    </button>
  );
}

function Saying({
  title,
  health,
  word,
  tinted = false,
  children,
}: {
  readonly title: string;
  readonly health: Health;
  readonly word: string;
  readonly tinted?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <span
      className={classNames(
        'flex min-w-0 flex-1 flex-col justify-center border-line border-l pr-3 pl-4',
        tinted && 'bg-crit-fill',
      )}
    >
      {title !== '' && <span className="text-muted text-xs">{title}</span>}
      <span className="flex items-center gap-1.5">
        <HealthIcon health={health} size={14} silent />
        <span
          className={classNames(
            'truncate font-medium',
            health === 'critical' && 'text-crit-text',
            health === 'degraded' && 'text-warn-text',
          )}
        >
          {word}
        </span>
      </span>
      <span className="tabular truncate text-muted text-xs">{children}</span>
    </span>
  );
}
