import type { IngesterReport } from '#analysis/own-health/judge-own-health.ts';
import { lastIncident } from '#analysis/own-health/sum-requests.ts';
import type { IngestIncident } from '#telemetry/ingest-health.ts';
import { startOfSecond, type UnixNano } from '#telemetry/time.ts';
import { formatAgeAt } from '#views/format/format-time.ts';
import { Instant } from '#views/shell/instant.tsx';
import { Panel } from '#views/shell/panel.tsx';
import { refusalWords } from './refusal-words.ts';

/** The last time that something was not stored, in the words that the client got. */
export function LastTrouble({
  reports,
  at,
}: {
  readonly reports: readonly IngesterReport[];
  readonly at: UnixNano;
}) {
  return (
    <div className="grid shrink-0 grid-cols-1 gap-3 min-[900px]:grid-cols-2">
      <Trouble
        title="Last refusal"
        none="No request was refused."
        incident={lastIncident(reports, 'lastRefusal')}
        at={at}
      />
      <Trouble
        title="Last partial success"
        none="Nothing was stored in part."
        incident={lastIncident(reports, 'lastPartialSuccess')}
        at={at}
      />
    </div>
  );
}

function Trouble({
  title,
  none,
  incident,
  at,
}: {
  readonly title: string;
  readonly none: string;
  readonly incident: IngestIncident | undefined;
  readonly at: UnixNano;
}) {
  if (incident === undefined) {
    return (
      <Panel title={title}>
        <p className="px-3.5 py-3 text-muted text-sm">{none}</p>
      </Panel>
    );
  }
  const since = startOfSecond(incident.second);
  return (
    <Panel
      title={title}
      actions={
        <span className="text-muted text-xs">
          <Instant at={since} format="date-time" />,{' '}
          <span className="num">{formatAgeAt(since, at)}</span> ago
        </span>
      }
    >
      <div className="px-3.5 py-3 text-sm">
        <p>
          {incident.signal ?? 'no signal named'} over{' '}
          <span className="num">{incident.transport}</span>: {answerWords(incident)}
        </p>
        <p className="num mt-1.5 break-words text-muted text-xs">{incident.message}</p>
      </div>
    </Panel>
  );
}

function answerWords({ transport, reason }: IngestIncident): string {
  if (reason === 'partial-success') {
    return 'partial_success counts what was rejected; the rest is stored, and nothing is sent again';
  }
  const { what, answer, again } = refusalWords(transport, reason);
  return `${what} (${answer}), ${again}`;
}
