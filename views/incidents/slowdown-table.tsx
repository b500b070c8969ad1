import Link from 'next/link';
import type { Incident } from '#analysis/incident/incident.ts';
import { isOwnTime, type Slowdown, worstSlowdown } from '#analysis/incident/slowdown.ts';
import { USERS } from '#telemetry/call-edge.ts';
import { formatLatency } from '#views/format/format-time.ts';
import { replayHref } from '#views/incidents/incident-facts.ts';
import { Instant } from '#views/shell/instant.tsx';
import { Panel } from '#views/shell/panel.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';

/** Whose calls became slow, when, by how much, and where the time is lost. */
export function Slowdowns({ incident }: { readonly incident: Incident }) {
  const worst = worstSlowdown(incident.slowdowns);
  return (
    <Panel
      title="Who became slow"
      hint={worst === undefined ? '' : `the time is lost at ${worst.origin}`}
    >
      <ScrollArea name="Slow calls" className="relative">
        <table className="w-full text-sm">
          <caption className="sr-only">Edges whose calls became slow</caption>
          <thead className="text-left text-muted text-xs">
            <tr className="border-line border-b">
              <th className="px-3.5 py-1.5 font-medium">Calls</th>
              <th className="px-2 py-1.5 text-right font-medium">p50</th>
              <th className="px-2 py-1.5 text-right font-medium">p99</th>
              <th className="px-2 py-1.5 font-medium">Began</th>
              <th className="px-3.5 py-1.5 font-medium">Ended</th>
            </tr>
          </thead>
          <tbody>
            {incident.slowdowns.map((slowdown) => (
              <Row
                key={`${slowdown.client} ${slowdown.server} ${slowdown.startUnixNano}`}
                incidentId={incident.id}
                slowdown={slowdown}
              />
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </Panel>
  );
}

function Row({
  incidentId,
  slowdown,
}: {
  readonly incidentId: string;
  readonly slowdown: Slowdown;
}) {
  const { client, server, before, during, startUnixNano, endUnixNano } = slowdown;
  return (
    <tr className="h-11 border-line border-b last:border-b-0">
      <td className="px-3.5">
        <span className="block font-medium">
          {client === USERS ? 'users' : client} → {server}
        </span>
        <span className="text-muted text-xs">
          {isOwnTime(slowdown) ? `${server} itself` : `waits for ${slowdown.origin}`}
        </span>
      </td>
      <Growth beforeNs={before.p50Ns} duringNs={during.p50Ns} />
      <Growth beforeNs={before.p99Ns} duringNs={during.p99Ns} />
      <td className="px-2">
        <Link
          href={replayHref(incidentId, startUnixNano)}
          title="Replay this second"
          className="inline-block min-h-6 leading-6 hover:underline"
        >
          <Instant at={startUnixNano} className="text-xs" />
        </Link>
      </td>
      <td className="px-3.5">
        {endUnixNano === undefined ? (
          <span className="text-muted text-xs">still slow</span>
        ) : (
          <Instant at={endUnixNano} className="text-xs" />
        )}
      </td>
    </tr>
  );
}

function Growth({ beforeNs, duringNs }: { readonly beforeNs: number; readonly duringNs: number }) {
  return (
    <td className="num px-2 text-right">
      <span className="block">{formatLatency(duringNs)}</span>
      <span className="block text-muted text-xs">was {formatLatency(beforeNs)}</span>
    </td>
  );
}
