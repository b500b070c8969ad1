import Link from 'next/link';
import type { ComparedIncident, IncidentComparison } from '#analysis/incident/compare-incidents.ts';
import type { UnixNano } from '#telemetry/time.ts';
import { formatCount, formatPercent } from '#views/format/format-number.ts';
import { formatAge, formatDay } from '#views/format/format-time.ts';
import { detectNs, lengthWords } from '#views/incidents/incident-facts.ts';
import { RunningAge } from '#views/incidents/running-age.tsx';
import {
  differenceWords,
  otherRunCommand,
  safeguardWord,
} from '#views/incidents/safeguard-words.ts';
import { classNames } from '#views/shell/class-names.ts';
import { Panel } from '#views/shell/panel.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';

/** What users saw this time, beside the last times with other lessons in force. Nothing where there is nothing to say. */
export function ComparisonPanel({
  comparison,
  now,
}: {
  readonly comparison: IncidentComparison;
  readonly now: UnixNano;
}) {
  const { own, others } = comparison;
  const { inForce, absent } = own.safeguards;
  const isSilent = inForce.length + absent.length === 0;
  if (isSilent && others.length === 0) return null;
  const different = others.filter((other) => isOther(own, other));
  // A row beside nothing, with nothing to try: that is no comparison.
  if (others.length === 0 && otherRunCommand(comparison) === undefined) return null;
  return (
    <Panel title="With and without lessons" hint="incidents of the same root cause">
      {different.length === 0 && <OtherRun comparison={comparison} />}
      {different.map((other) => (
        <Verdict key={other.incident.id} own={own} other={other} />
      ))}
      <ScrollArea name="Incidents of the same root cause" className="relative">
        <table className="w-full text-sm">
          <caption className="sr-only">
            This incident and others of the same root cause, by the lessons in force
          </caption>
          <thead className="text-left text-muted text-xs">
            <tr className="border-line border-b">
              <th scope="col" className="px-3.5 py-1.5 font-medium">
                Incident
              </th>
              <th scope="col" className="px-2 py-1.5 font-medium">
                Lessons in force
              </th>
              <th scope="col" className="px-2 py-1.5 text-right font-medium">
                Users’ requests failed
              </th>
              <th scope="col" className="px-2 py-1.5 text-right font-medium">
                Lasted
              </th>
              <th scope="col" className="px-2 py-1.5 text-right font-medium">
                Noticed after
              </th>
              <th scope="col" className="px-3.5 py-1.5 text-right font-medium">
                Services
              </th>
            </tr>
          </thead>
          <tbody>
            {[own, ...others].map((compared) => (
              <Row
                key={compared.incident.id}
                compared={compared}
                isOwn={compared === own}
                now={now}
              />
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </Panel>
  );
}

/** True where another run says what lessons change: that is worth a place above all that happened. */
export function hasContrast({ own, others }: IncidentComparison): boolean {
  return others.some((other) => isOther(own, other));
}

function isOther(own: ComparedIncident, other: ComparedIncident): boolean {
  return differenceWords(own.safeguards.inForce, other.safeguards.inForce).length > 0;
}

function OtherRun({ comparison }: { readonly comparison: IncidentComparison }) {
  const command = otherRunCommand(comparison);
  return (
    <p className="border-line border-b px-3.5 py-3 text-sm">
      No incident of this root cause is known with other lessons in force.{' '}
      {command === undefined ? (
        'The lab has no lesson about such a cause.'
      ) : (
        <>
          To see what they would have changed for users, play it again in the lab:{' '}
          <code className="num whitespace-nowrap text-fg">{command}</code>
        </>
      )}
    </p>
  );
}

/** Read from this incident to the other one. */
function Verdict({
  own,
  other,
}: {
  readonly own: ComparedIncident;
  readonly other: ComparedIncident;
}) {
  const difference = differenceWords(own.safeguards.inForce, other.safeguards.inForce).join(', ');
  const isBetter = other.users.failed < own.users.failed;
  const isWorse = other.users.failed > own.users.failed;
  return (
    <p className="border-line border-b px-3.5 py-2.5 text-sm">
      <span className="font-medium">{capitalised(difference)}</span>{' '}
      <span className={classNames(isBetter && 'text-ok-text', isWorse && 'text-crit-text')}>
        {formatCount(other.users.failed)} requests of users failed instead of{' '}
        {formatCount(own.users.failed)}
        {ratioWords(own, other)}
      </span>{' '}
      (
      <Link
        href={`/incidents/${encodeURIComponent(other.incident.id)}`}
        className="underline underline-offset-2 hover:text-fg"
      >
        INC-{other.incident.number}
      </Link>
      ).
    </p>
  );
}

function ratioWords(own: ComparedIncident, other: ComparedIncident): string {
  const [few, many] = [own.users.failed, other.users.failed].toSorted((a, b) => a - b);
  if (few === undefined || many === undefined || few === many) return ', no difference';
  if (few === 0) return '';
  const times = many / few;
  const isMore = other.users.failed > own.users.failed;
  return `, ${times < 10 ? times.toFixed(1) : Math.round(times)} times ${isMore ? 'as many' : 'fewer'}`;
}

function Row({
  compared: { incident, safeguards, users },
  isOwn,
  now,
}: {
  readonly compared: ComparedIncident;
  readonly isOwn: boolean;
  readonly now: UnixNano;
}) {
  const failed = users.total === 0 ? 0 : users.failed / users.total;
  return (
    <tr className="h-9 border-line border-b last:border-b-0">
      <th scope="row" className="whitespace-nowrap px-3.5 text-left font-medium">
        {isOwn ? (
          <span>INC-{incident.number}, this one</span>
        ) : (
          <Link
            href={`/incidents/${encodeURIComponent(incident.id)}`}
            title={incident.title}
            className="inline-block min-h-6 leading-6 underline underline-offset-2"
          >
            INC-{incident.number}
          </Link>
        )}
        <span className="ml-2 font-normal text-muted text-xs">
          {formatDay(incident.startUnixNano)}
        </span>
      </th>
      <td className="px-2">
        {safeguards.inForce.length > 0
          ? safeguards.inForce.map(safeguardWord).join(', ')
          : safeguards.absent.length > 0
            ? 'none'
            : 'not stated'}
      </td>
      <td className="num px-2 text-right">
        {formatCount(users.failed)}{' '}
        <span className="text-muted text-xs">
          {formatPercent(failed)} of {formatCount(users.total)}
        </span>
      </td>
      <td className="num px-2 text-right">
        {incident.endUnixNano === undefined ? (
          <RunningAge since={incident.startUnixNano} now={now} />
        ) : (
          lengthWords(incident, now)
        )}
      </td>
      <td className="num px-2 text-right">{formatAge(detectNs(incident))}</td>
      <td className="num px-3.5 text-right">
        <span title={incident.services.join(', ')}>{incident.services.length}</span>
      </td>
    </tr>
  );
}

function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
