import Link from 'next/link';
import type { Incident } from '#analysis/incident/incident.ts';
import type { ServiceShift } from '#analysis/routing/routing-shift.ts';
import { elapsedNs, NS_PER_SECOND } from '#telemetry/time.ts';
import { formatPlural } from '#views/format/format-number.ts';
import { formatAge } from '#views/format/format-time.ts';
import { replayHref } from '#views/incidents/incident-facts.ts';
import { Instant } from '#views/shell/instant.tsx';
import { Panel } from '#views/shell/panel.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';

/** Which service changed its way to its callees, when, and how long the change took. */
export function Shifts({ incident }: { readonly incident: Incident }) {
  const hint =
    incident.firstMover === undefined
      ? 'no service moved'
      : `first ${incident.firstMover}${incident.lastMover === undefined ? '' : `, last ${incident.lastMover}`}`;
  return (
    <Panel title="Who moved, and when" hint={hint}>
      {incident.shifts.length === 0 ? (
        <p className="px-3.5 py-4 text-muted">
          No caller changed the way it finds its callees during this incident.
        </p>
      ) : (
        <ScrollArea name="Moves of services" className="relative">
          <table className="w-full text-sm">
            <caption className="sr-only">Moves of services between mesh and DNS</caption>
            <thead className="text-left text-muted text-xs">
              <tr className="border-line border-b">
                <th className="px-3.5 py-1.5 font-medium">Service</th>
                <th className="px-2 py-1.5 font-medium">Went</th>
                <th className="px-2 py-1.5 font-medium">Began</th>
                <th className="px-2 py-1.5 font-medium">Ended</th>
                <th className="px-3.5 py-1.5 text-right font-medium">Took</th>
              </tr>
            </thead>
            <tbody>
              {incident.shifts.map((shift) => (
                <ShiftRow
                  key={`${shift.service}${shift.direction}${shift.beganUnixNano}`}
                  incident={incident}
                  shift={shift}
                />
              ))}
            </tbody>
          </table>
        </ScrollArea>
      )}
    </Panel>
  );
}

function ShiftRow({
  incident,
  shift,
}: {
  readonly incident: Incident;
  readonly shift: ServiceShift;
}) {
  const place =
    shift.direction !== 'to-dns'
      ? ''
      : shift.service === incident.firstMover
        ? 'first'
        : shift.service === incident.lastMover
          ? 'last'
          : '';
  return (
    <tr className="h-8 border-line border-b last:border-b-0">
      <td className="px-3.5">
        <span className="font-medium">{shift.service}</span>{' '}
        <span className="text-muted text-xs">{formatPlural(shift.edges, 'edge')}</span>
        {place !== '' && <span className="ml-1.5 text-dns-text text-xs">{place} mover</span>}
      </td>
      <td className="px-2">
        <span className={shift.direction === 'to-dns' ? 'text-dns-text' : 'text-mesh-text'}>
          {shift.direction === 'to-dns' ? 'to DNS' : 'to mesh'}
        </span>
      </td>
      <td className="px-2">
        <Link
          href={replayHref(incident.id, shift.beganUnixNano)}
          title="Replay this second"
          className="inline-block min-h-6 leading-6 hover:underline"
        >
          <Instant at={shift.beganUnixNano} className="text-xs" />
        </Link>
      </td>
      <td className="px-2">
        {shift.endedUnixNano === undefined ? (
          <span className="text-muted text-xs">under way</span>
        ) : (
          <Instant at={shift.endedUnixNano} className="text-xs" />
        )}
      </td>
      <td className="num px-3.5 text-right text-xs">
        {shift.endedUnixNano === undefined
          ? '–'
          : tookWords(elapsedNs(shift.beganUnixNano, shift.endedUnixNano))}
      </td>
    </tr>
  );
}

function tookWords(ns: number): string {
  return ns < NS_PER_SECOND ? 'at once' : formatAge(ns);
}
