import type { ServiceGroup } from '#analysis/service-map/group-services.ts';
import type { ServiceNode } from '#analysis/service-map/service-map.ts';
import { formatRate } from '#views/format/format-number.ts';
import { describeFlow } from '#views/service-map/describe-node.ts';
import { GROUP_HEAD, GROUP_ROW } from '#views/service-map/group-size.ts';
import type { Box } from '#views/service-map/place-map.ts';
import { GROUNDS, Ground, Split } from './picture-ground.tsx';
import { HealthMark } from './picture-health.tsx';
import { type CutText, Words } from './picture-text.tsx';

export interface FaceProps {
  readonly node: ServiceNode;
  readonly box: Box;
  readonly cut: CutText;
}

/** A group's head, and its members that need a look. */
export function Group({
  node,
  box,
  group,
  rows,
  cut,
}: FaceProps & { readonly group: ServiceGroup; readonly rows: readonly ServiceNode[] }) {
  const rest = group.members.length - rows.length;
  return (
    <>
      <Ground health={node.health} box={box} isInferred={false} />
      <HealthMark health={node.health} x={14} y={9} size={15} />
      <Words x={35} y={21} size={13} weight={600} fill="var(--fg)">
        {cut(group.name, box.width - 44, 13, 600)}
      </Words>
      <Words x={14} y={38} fill="var(--muted)">
        {cut(
          `${group.members.length} services · ${formatRate(node.requestsPerSecond)}`,
          box.width - 22,
          11.5,
        )}
      </Words>
      {rows.map((member, i) => (
        <Member
          key={member.id}
          member={member}
          y={GROUP_HEAD + i * GROUP_ROW}
          width={box.width}
          cut={cut}
        />
      ))}
      {rows.length > 0 && rest > 0 && (
        <Words x={14} y={GROUP_HEAD + rows.length * GROUP_ROW + 18} fill="var(--muted)">
          {`${rest} more`}
        </Words>
      )}
      <Split counts={node.incoming} box={box} />
    </>
  );
}

function Member({
  member,
  y,
  width,
  cut,
}: {
  readonly member: ServiceNode;
  readonly y: number;
  readonly width: number;
  readonly cut: CutText;
}) {
  const [fill, stroke] = GROUNDS[member.health];
  const flow = describeFlow(member);
  return (
    <g transform={`translate(6 ${y})`}>
      <rect width={width - 12} height={GROUP_ROW - 3} rx={6} fill={fill} stroke={stroke} />
      <HealthMark health={member.health} x={6} y={10} size={13} />
      <Words x={25} y={15} weight={500} fill="var(--fg)">
        {cut(member.name, width - 46, 11.5, 500)}
      </Words>
      <Words x={25} y={28} size={10.5} fill="var(--muted)">
        {cut([flow.rate, flow.detail].filter(Boolean).join(' · '), width - 46, 10.5)}
      </Words>
    </g>
  );
}
