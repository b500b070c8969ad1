import type { ControlPlaneView } from '#analysis/control-plane/xds-client.ts';
import { versionWord } from '#telemetry/version-word.ts';
import { formatCount } from '#views/format/format-number.ts';
import { HealthIcon } from '#views/shell/health-icon.tsx';
import { Instant } from '#views/shell/instant.tsx';
import { Panel } from '#views/shell/panel.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';
import { groupPushes, isMassDeletion, type PushGroup } from './group-pushes.ts';

/** What was sent, what it changed, and what came back. */
export function PushList({ view }: { readonly view: ControlPlaneView }) {
  const groups = groupPushes(view);
  return (
    <Panel title="Pushes" hint="by version, newest first" className="h-full">
      <ScrollArea name="Pushes">
        {groups.length === 0 ? (
          <p className="p-3.5 text-muted text-sm">
            No push in the last minutes. Pushes come as spans of the control plane.
          </p>
        ) : (
          <table className="w-full border-collapse text-sm">
            <thead className="text-left text-muted text-xs">
              <tr className="h-7">
                <th className="pl-3.5 font-normal">UTC</th>
                <th className="pr-3 font-normal">Version</th>
                <th className="pr-3 font-normal">To</th>
                <th className="pr-3 font-normal">What changed</th>
                <th className="pr-3.5 font-normal">Outcome</th>
              </tr>
            </thead>
            <tbody>
              {groups.map((group) => (
                <GroupRow key={group.version} group={group} />
              ))}
            </tbody>
          </table>
        )}
      </ScrollArea>
    </Panel>
  );
}

function GroupRow({ group }: { readonly group: PushGroup }) {
  const isMass = isMassDeletion(group);
  const health = group.nacked > 0 || isMass ? 'critical' : group.silent > 0 ? 'degraded' : 'ok';
  return (
    <tr className="h-8 whitespace-nowrap border-line border-t">
      <td className="pr-3 pl-3.5">
        <Instant at={group.firstUnixNano} className="text-muted text-xs" />
      </td>
      <td className="num pr-3">{versionWord(group.version)}</td>
      <td className="tabular pr-3 text-muted">{group.clients}</td>
      <td className="pr-3">{changeWords(group)}</td>
      <td className="pr-3.5">
        <span className="flex items-center gap-1.5">
          <HealthIcon health={health} size={14} silent />
          {outcomeWords(group)}
          {isMass && <b className="font-semibold text-crit-text">mass deletion</b>}
        </span>
      </td>
    </tr>
  );
}

function changeWords({ release, resources, removed }: PushGroup): string {
  if (release !== undefined) {
    return `resources ${formatCount(release.resourcesBefore)} → ${formatCount(release.resourcesAfter)}`;
  }
  return removed > 0
    ? `−${formatCount(removed)}, ${formatCount(resources)} left`
    : `${formatCount(resources)} resources`;
}

function outcomeWords({ clients, acked, nacked, silent }: PushGroup): string {
  return [
    `acked ${acked} of ${clients}`,
    nacked > 0 ? `${nacked} refused` : '',
    silent > 0 ? `${silent} silent` : '',
  ]
    .filter((part) => part !== '')
    .join(' · ');
}
