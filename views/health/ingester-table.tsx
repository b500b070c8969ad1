import type { IngesterHealth } from '#analysis/own-health/judge-own-health.ts';
import type { IngestSnapshot } from '#telemetry/ingest-health.ts';
import { startOfSecond } from '#telemetry/time.ts';
import { formatBytes, formatCount, formatPercent } from '#views/format/format-number.ts';
import { formatAge } from '#views/format/format-time.ts';
import { Badge } from '#views/shell/badge.tsx';
import { HealthIcon } from '#views/shell/health-icon.tsx';
import { Instant } from '#views/shell/instant.tsx';

/** What each ingester last said of itself; one that is silent keeps its last word. */
export function IngesterTable({ ingesters }: { readonly ingesters: readonly IngesterHealth[] }) {
  return (
    <table className="w-full min-w-[840px] border-collapse text-sm">
      <thead className="text-left text-muted text-xs">
        <tr className="h-8 border-line border-b">
          <th className="pl-3.5 font-normal">Ingester</th>
          <th className="font-normal">State</th>
          <th className="font-normal">Started</th>
          <th className="w-[34%] font-normal">Bytes in flight</th>
          <th className="pr-4 text-right font-normal">Connections</th>
          <th className="pr-4 text-right font-normal">Memory</th>
          <th
            className="whitespace-nowrap pr-3.5 text-right font-normal"
            title="Keys of OTLP/JSON that no field has"
          >
            Unknown keys
          </th>
        </tr>
      </thead>
      <tbody>
        {ingesters.map((entry) => (
          <IngesterRow key={entry.ingester} entry={entry} />
        ))}
      </tbody>
    </table>
  );
}

function IngesterRow({ entry }: { readonly entry: IngesterHealth }) {
  const { snapshot } = entry;
  return (
    <tr className="h-[38px] border-line border-t">
      <th scope="row" className="num whitespace-nowrap pr-4 pl-3.5 text-left font-semibold">
        {entry.ingester}
      </th>
      <td className="whitespace-nowrap pr-4">
        <StateWords entry={entry} />
      </td>
      <td className="whitespace-nowrap pr-4">
        <Instant at={startOfSecond(snapshot.startedSecond)} format="date-time" />
      </td>
      <td className="pr-4">
        <InFlight snapshot={snapshot} />
      </td>
      <td className="num pr-4 text-right">{formatCount(snapshot.connections)}</td>
      <td className="num whitespace-nowrap pr-4 text-right">
        {formatBytes(snapshot.residentBytes)}
      </td>
      <td className="num pr-3.5 text-right">{formatCount(snapshot.unknownKeys)}</td>
    </tr>
  );
}

function StateWords({ entry }: { readonly entry: IngesterHealth }) {
  if (entry.state === 'silent') return <Badge tone="warn">silent {formatAge(entry.ageNs)}</Badge>;
  return (
    <span className="flex items-center gap-1.5">
      <HealthIcon health="ok" size={14} silent /> reports
    </span>
  );
}

/** What is held now, a tick at the most that ever was, the whole width is the limit. */
function InFlight({ snapshot }: { readonly snapshot: IngestSnapshot }) {
  const { inFlightBytes, peakInFlightBytes, limitBytes } = snapshot;
  const now = shareOf(inFlightBytes, limitBytes);
  const peak = shareOf(peakInFlightBytes, limitBytes);
  return (
    <div className="flex items-center gap-2.5">
      <span className="relative h-2 min-w-8 flex-1 rounded-sm bg-raise" aria-hidden>
        <span
          className="absolute inset-y-0 left-0 rounded-sm bg-accent"
          style={{ width: `${now * 100}%` }}
        />
        <span
          className="absolute -inset-y-0.5 w-0.5 -translate-x-px bg-fg"
          style={{ left: `${peak * 100}%` }}
        />
      </span>
      <span className="num shrink-0 whitespace-nowrap text-xs">
        {formatBytes(inFlightBytes)} of {formatBytes(limitBytes)}
        <span className="text-muted">
          , peak {formatBytes(peakInFlightBytes)} ({formatPercent(peak)})
        </span>
      </span>
    </div>
  );
}

function shareOf(bytes: number, limitBytes: number): number {
  return limitBytes > 0 ? Math.min(1, bytes / limitBytes) : 0;
}
