import { OctagonAlert, RotateCcw, TriangleAlert } from 'lucide-react';
import type { XdsClient } from '#analysis/control-plane/xds-client.ts';
import { Badge } from '#views/shell/badge.tsx';
import { Panel } from '#views/shell/panel.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';

/** What breaks if something restarts now. It is about what is well today: cached configuration dies with its process. */
export function RestartRisk({ clients }: { readonly clients: readonly XdsClient[] }) {
  const breaking = clients.filter((client) => client.restartRisk === 'would-break');
  const broken = clients.filter((client) => client.restartRisk === 'stays-broken');
  const safe = clients.filter((client) => client.restartRisk === 'safe');
  const unknown = clients.length - breaking.length - broken.length - safe.length;
  return (
    <Panel
      title={
        <span className="flex items-center gap-2">
          <RotateCcw size={14} aria-hidden /> If it restarted or scaled up now
        </span>
      }
      actions={
        <>
          {breaking.length > 0 && <Badge tone="crit">{breaking.length} would break</Badge>}
          {broken.length > 0 && (
            <Badge tone="warn">
              {broken.length} {broken.length === 1 ? 'stays' : 'stay'} broken
            </Badge>
          )}
          {unknown > 0 && <Badge>{unknown} unknown</Badge>}
          <Badge>{safe.length} safe</Badge>
        </>
      }
      className="h-full"
    >
      <ScrollArea name="Restart risk">
        {breaking.length + broken.length === 0 ? (
          <p className="p-3.5 text-muted text-sm">{quietWords(clients.length, unknown)}</p>
        ) : (
          <table className="w-full border-collapse text-sm">
            <thead className="text-left text-muted text-xs">
              <tr className="h-7">
                <th className="w-[34%] pl-3.5 font-normal">Client</th>
                <th className="font-normal">What would happen</th>
                <th className="w-[30%] pr-3.5 font-normal">Cure</th>
              </tr>
            </thead>
            <tbody>
              {[...breaking, ...broken].map((client) => (
                <RiskRow key={client.id} client={client} />
              ))}
            </tbody>
          </table>
        )}
      </ScrollArea>
    </Panel>
  );
}

function quietWords(clients: number, unknown: number): string {
  if (clients === 0) return 'No client has been seen.';
  if (unknown > 0) return `Not known of ${unknown} of ${clients}: they have been silent too long.`;
  return 'Every client would get all that it needs.';
}

function RiskRow({ client }: { readonly client: XdsClient }) {
  const breaks = client.restartRisk === 'would-break';
  const Icon = breaks ? OctagonAlert : TriangleAlert;
  return (
    <tr className="h-8 border-line border-t">
      <th scope="row" className="pl-3.5 text-left font-semibold">
        <span className="flex items-center gap-2">
          <Icon size={14} className={breaks ? 'text-crit' : 'text-warn'} aria-hidden />
          {client.id}
        </span>
      </th>
      <td>{consequence(client)}</td>
      <td className="pr-3.5 text-muted">{cure(client)}</td>
    </tr>
  );
}

function consequence(client: XdsClient): string {
  if (client.restartRisk === 'stays-broken') return 'stays broken: what it needs is not served';
  if (!client.connected) return 'starts empty: its stream cannot open';
  if (client.verdict === 'rejected') return 'starts empty: it refuses what is served';
  return 'gets less than it holds now';
}

function cure(client: XdsClient): string {
  if (client.verdict === 'rejected') return 'withdraw the refused version';
  if (!client.connected) return 'mend its stream first';
  return client.kind === 'grpc' ? 'a new channel, by DNS' : 'switch it to DNS';
}
