import type { Claim, ControlPlaneView } from '#analysis/control-plane/xds-client.ts';
import type { Health } from '#analysis/service-map/service-map.ts';
import { HealthIcon } from '#views/shell/health-icon.tsx';
import { Panel } from '#views/shell/panel.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';

/** What the server says beside what its clients say; `≠` where they differ, red where calls fail because of it. */
export function TwoViewsPanel({ view }: { readonly view: ControlPlaneView }) {
  const isCritical = view.claims.some((claim) => claim.critical) || view.state === 'lost';
  return (
    <Panel
      title="Two views"
      hint={view.summary}
      tone={isCritical ? 'critical' : 'plain'}
      className="h-full"
    >
      <ScrollArea name="Claims">
        <table className="h-full w-full border-collapse text-sm">
          <thead className="text-left text-muted text-xs">
            <tr className="h-6">
              <th className="pl-3.5 font-normal">
                <span className="sr-only">Claim</span>
              </th>
              <th className="font-normal">the server says</th>
              <th>
                <span className="sr-only">Difference</span>
              </th>
              <th className="pl-2 font-normal">its clients say</th>
            </tr>
          </thead>
          <tbody>
            {view.claims.map((claim) => (
              <ClaimRow key={claim.subject} claim={claim} isSilent={isSilent(view)} />
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </Panel>
  );
}

function ClaimRow({
  claim,
  isSilent: silent,
}: {
  readonly claim: Claim;
  readonly isSilent: boolean;
}) {
  const clients: Health = claim.critical ? 'critical' : claim.agrees ? 'ok' : 'degraded';
  return (
    <tr className="border-line not-last:border-b">
      <th scope="row" className="w-[21%] py-1 pl-3.5 text-left font-normal text-muted">
        {capital(claim.subject)}
      </th>
      <td className="w-[34%] py-1 pr-2">
        <span className="flex items-center gap-1.5">
          <HealthIcon health={silent ? 'unknown' : 'ok'} size={14} silent />
          {claim.server}
        </span>
      </td>
      <td className="w-6 text-center font-semibold text-crit-text">
        {!claim.agrees && (
          <span title="they differ">
            ≠<span className="sr-only"> they differ</span>
          </span>
        )}
      </td>
      <td className={`py-1 pr-3 pl-2 ${claim.critical ? 'bg-crit-fill text-crit-text' : ''}`}>
        <span className="flex items-center gap-1.5">
          <HealthIcon health={clients} size={14} silent />
          {claim.clients}
        </span>
      </td>
    </tr>
  );
}

function isSilent(view: ControlPlaneView): boolean {
  return (
    view.server.silentSinceUnixNano !== undefined || view.server.lastReportUnixNano === undefined
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
