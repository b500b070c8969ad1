import { Cloud, Database, MessagesSquare, Users } from 'lucide-react';
import type { ServiceNode } from '#analysis/service-map/service-map.ts';
import { verdictLook, worstVerdict } from '#views/control-plane/verdict-look.ts';
import { formatRate } from '#views/format/format-number.ts';
import { PORT_DROP } from '#views/service-map/control-lines.ts';
import { describeEdge } from '#views/service-map/describe-edge.ts';
import { describeConfig, describeFlow } from '#views/service-map/describe-node.ts';
import type { PlacedLabel } from '#views/service-map/use-map-scene.ts';
import type { Pictured } from './build-pictured.ts';
import { Ground, Split } from './picture-ground.tsx';
import { type FaceProps, Group } from './picture-group.tsx';
import { HealthMark } from './picture-health.tsx';
import { type CutText, Words } from './picture-text.tsx';

const KIND_ICONS = { database: Database, messaging: MessagesSquare, address: Cloud } as const;
const TONES = {
  ok: 'var(--ok)',
  quiet: 'var(--dim)',
  warn: 'var(--warn-text)',
  crit: 'var(--crit-text)',
  plain: 'var(--muted)',
  dns: 'var(--dns-text)',
  mesh: 'var(--mesh-text)',
} as const;

/** Labels and nodes over the lines. */
export function PictureNodes({
  pictured,
  cut,
}: {
  readonly pictured: Pictured;
  readonly cut: CutText;
}) {
  const { map, places, labels, groups } = pictured;
  return (
    <>
      {labels.map((label) => (
        <Label key={label.edge.id} {...label} />
      ))}
      {map.nodes.map((node) => {
        const box = places.nodes.get(node.id);
        if (box === undefined) return null;
        const group = groups?.groups.get(node.id);
        return (
          <g key={node.id} transform={`translate(${box.x} ${box.y})`}>
            {group === undefined ? (
              <Service node={node} box={box} map={map} cut={cut} />
            ) : (
              <Group
                node={node}
                box={box}
                group={group}
                rows={groups?.rows.get(node.id) ?? []}
                cut={cut}
              />
            )}
            <Port node={node} />
          </g>
        );
      })}
    </>
  );
}

function Label({ edge, at }: PlacedLabel) {
  const { rate, note, tone } = describeEdge(edge);
  const width = Math.max(rate.length, note.length) * 6.2 + 8;
  const height = note === '' ? 15 : 30;
  return (
    <g transform={`translate(${Math.round(at.x)} ${Math.round(at.y)})`}>
      <rect
        x={-width / 2}
        y={-height / 2}
        width={width}
        height={height}
        rx={5}
        fill="var(--bg)"
        opacity={0.8}
      />
      <Words x={0} y={note === '' ? 4 : -3.5} anchor="middle" fill={labelFill(edge.calls, tone)}>
        {rate}
      </Words>
      {note !== '' && (
        <Words x={0} y={11.5} anchor="middle" fill={TONES[tone]}>
          {note}
        </Words>
      )}
    </g>
  );
}

function labelFill(calls: number, tone: keyof typeof TONES): string {
  if (tone === 'crit') return TONES.crit;
  return calls === 0 ? 'var(--dim)' : 'var(--fg)';
}

function Service({ node, box, map, cut }: FaceProps & { readonly map: Pictured['map'] }) {
  if (node.kind === 'users') return <UsersFace node={node} box={box} map={map} />;
  const flow = describeFlow(node);
  const config = describeConfig(node);
  const Icon = node.kind === 'service' ? undefined : KIND_ICONS[node.kind];
  const count = node.instances > 1 ? ` ×${node.instances}` : '';
  const room = box.width - 44 - count.length * 6;
  return (
    <>
      <Ground health={node.health} box={box} isInferred={node.kind !== 'service'} />
      {Icon === undefined ? (
        <HealthMark health={node.health} x={14} y={9} size={15} />
      ) : (
        <Icon x={14} y={9} size={15} color="var(--muted)" />
      )}
      <text x={35} y={21} fontSize={13} fontWeight={600} fill="var(--fg)">
        {cut(node.name, room, 13, 600)}
        <tspan fontSize={11.5} fontWeight={400} fill="var(--muted)">
          {count}
        </tspan>
      </text>
      <text x={14} y={38} fontSize={11.5} fill="var(--muted)">
        {`${flow.rate}${flow.detail === '' ? '' : ' · '}`}
        <tspan
          {...(flow.isBad
            ? { fill: node.health === 'critical' ? TONES.crit : TONES.warn, fontWeight: 500 }
            : {})}
        >
          {flow.detail}
        </tspan>
      </text>
      <Words x={14} y={54} fill={config.tone === 'ok' ? 'var(--muted)' : TONES[config.tone]}>
        {cut(config.text, box.width - 22, 11.5)}
      </Words>
      <Split counts={node.incoming} box={box} />
    </>
  );
}

function UsersFace({ node, box, map }: Omit<FaceProps, 'cut'> & { readonly map: Pictured['map'] }) {
  const perSecond = map.edges.reduce(
    (sum, edge) => (edge.client === node.id ? sum + edge.callsPerSecond : sum),
    0,
  );
  return (
    <>
      <rect
        width={box.width}
        height={box.height}
        rx={box.height / 2}
        fill="var(--node)"
        stroke="var(--edge)"
      />
      <Users x={13} y={15} size={14} color="var(--muted)" />
      <Words x={35} y={20} size={12.5} weight={600} fill="var(--fg)">
        users
      </Words>
      <Words x={35} y={35} fill="var(--muted)">
        {formatRate(perSecond)}
      </Words>
    </>
  );
}

function Port({ node }: { readonly node: ServiceNode }) {
  const worst = worstVerdict(node.clients);
  if (worst === undefined) return null;
  const { Icon, tone } = verdictLook(worst);
  return (
    <>
      <circle
        cx={0}
        cy={PORT_DROP}
        r={8.25}
        fill="var(--bg)"
        stroke={TONES[tone]}
        strokeWidth={1.5}
      />
      <Icon x={-5.5} y={PORT_DROP - 5.5} size={11} strokeWidth={2.4} color={TONES[tone]} />
    </>
  );
}
