import { Network, Server } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ControlPlaneView, DnsView } from '#analysis/control-plane/xds-client.ts';
import type { Health, ServiceMap } from '#analysis/service-map/service-map.ts';
import { versionWord } from '#telemetry/version-word.ts';
import { judgeTwoViews, type OneView } from '#views/control-plane/two-views.ts';
import { formatPlural, formatRate } from '#views/format/format-number.ts';
import type { Box, MapPlaces } from '#views/service-map/place-map.ts';
import { HealthMark } from './picture-health.tsx';
import { type CutText, Words } from './picture-text.tsx';

const STROKES: Readonly<Record<Health, string>> = {
  ok: 'var(--control)',
  degraded: 'var(--warn)',
  critical: 'var(--crit)',
  unknown: 'var(--dim)',
};

/** The control plane above, DNS below. */
export function PictureCards({
  map,
  places,
  cut,
}: {
  readonly map: ServiceMap;
  readonly places: MapPlaces;
  readonly cut: CutText;
}) {
  return (
    <>
      {places.controlBand > 0 && (
        <ControlPlane view={map.controlPlane} box={places.controlCard} cut={cut} />
      )}
      {places.namesBand > 0 && map.dns !== undefined && (
        <Dns view={map.dns} box={places.namesCard} cut={cut} />
      )}
    </>
  );
}

function ControlPlane({
  view,
  box,
  cut,
}: {
  readonly view: ControlPlaneView;
  readonly box: Box;
  readonly cut: CutText;
}) {
  const { server, clients, health } = judgeTwoViews(view);
  const third = box.width * 0.27;
  const half = (box.width - third) / 2;
  const version = [versionWord(view.server.version ?? ''), view.server.release]
    .filter(Boolean)
    .join(' · ');
  return (
    <Card box={box} stroke={STROKES[health]}>
      <Server x={14} y={10} size={15} color="var(--control)" />
      <Words x={35} y={22} size={13} weight={600} fill="var(--fg)">
        {cut(view.server.service ?? 'control plane', third - 40, 13, 600)}
      </Words>
      <Words x={14} y={40} fill="var(--muted)">
        {cut(version || 'no word yet', third - 20, 11.5)}
      </Words>
      <Words x={14} y={56} fill="var(--muted)">
        {formatPlural(view.clients.length, 'client')}
      </Words>
      <Saying
        x={third}
        width={half}
        title="The server says"
        says={server}
        cut={cut}
        height={box.height}
      />
      {clients.health === 'critical' && <Tint x={third + half} width={half} height={box.height} />}
      <Saying
        x={third + half}
        width={half}
        title="Its clients say"
        says={clients}
        cut={cut}
        height={box.height}
      />
      {server.word !== clients.word && !clients.agrees && (
        <Differ x={third + half} y={box.height / 2} stroke={STROKES[health]} />
      )}
    </Card>
  );
}

/** The right end of the card, where clients fail. */
function Tint({ x, width, height }: Record<'x' | 'width' | 'height', number>) {
  const [right, foot] = [x + width - 0.5, height - 0.5];
  return (
    <path
      d={`M${x} .5H${right - 8.5}a8.5 8.5 0 0 1 8.5 8.5V${foot - 8.5}a8.5 8.5 0 0 1-8.5 8.5H${x}Z`}
      fill="var(--crit-fill)"
    />
  );
}

/** Two statements that are not one. */
function Differ({
  x,
  y,
  stroke,
}: {
  readonly x: number;
  readonly y: number;
  readonly stroke: string;
}) {
  return (
    <g transform={`translate(${x} ${y})`}>
      <circle r={11.5} fill="var(--bg)" stroke={stroke} />
      <Words x={0} y={4} size={12} weight={600} anchor="middle" fill={stroke}>
        ≠
      </Words>
    </g>
  );
}

function Dns({
  view,
  box,
  cut,
}: {
  readonly view: DnsView;
  readonly box: Box;
  readonly cut: CutText;
}) {
  const fails = view.failuresPerSecond > 0;
  const left = box.width * 0.38;
  return (
    <Card box={box} stroke={fails ? 'var(--warn)' : 'var(--dns-edge)'}>
      <Network x={14} y={11} size={15} color="var(--dns)" />
      <Words x={35} y={23} size={13} weight={600} fill="var(--fg)">
        {cut(view.service, left - 40, 13, 600)}
      </Words>
      <Words x={14} y={42} fill="var(--muted)">
        {formatPlural(view.names, 'name')}
      </Words>
      <Saying
        x={left}
        width={box.width - left}
        title=""
        says={{
          health: fails ? 'degraded' : 'ok',
          word: fails ? 'some lookups fail' : 'answers',
          detail: `${formatRate(view.queriesPerSecond)} queries${
            fails ? `, ${formatRate(view.failuresPerSecond)} fail` : ''
          }`,
        }}
        cut={cut}
        height={box.height}
      />
    </Card>
  );
}

function Card({
  box,
  stroke,
  children,
}: {
  readonly box: Box;
  readonly stroke: string;
  readonly children: ReactNode;
}) {
  return (
    <g transform={`translate(${box.x} ${box.y})`}>
      <rect width={box.width} height={box.height} rx={9} fill="var(--panel)" stroke={stroke} />
      {children}
    </g>
  );
}

const WORD_FILLS: Readonly<Record<Health, string>> = {
  ok: 'var(--fg)',
  unknown: 'var(--fg)',
  degraded: 'var(--warn-text)',
  critical: 'var(--crit-text)',
};

function Saying({
  x,
  width,
  height,
  title,
  says,
  cut,
}: {
  readonly x: number;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly says: OneView;
  readonly cut: CutText;
}) {
  const top = title === '' ? -14 : 0;
  return (
    <g transform={`translate(${x} 0)`}>
      <rect y={1} width={1} height={height - 2} fill="var(--line)" />
      <Words x={16} y={19} fill="var(--muted)">
        {title}
      </Words>
      <HealthMark health={says.health} x={16} y={27 + top} size={14} />
      <Words x={36} y={38 + top} size={13} weight={500} fill={WORD_FILLS[says.health]}>
        {cut(says.word, width - 48, 13, 500)}
      </Words>
      <Words x={16} y={56 + top} fill="var(--muted)">
        {cut(says.detail, width - 28, 11.5)}
      </Words>
    </g>
  );
}
