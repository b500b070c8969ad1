import type { ReactNode } from 'react';
import type { OwnHealth } from '#analysis/own-health/judge-own-health.ts';
import type { UnixNano } from '#telemetry/time.ts';
import { formatCompact } from '#views/format/format-number.ts';
import { formatAge, formatAgeAt } from '#views/format/format-time.ts';
import { Instant } from '#views/shell/instant.tsx';

/** How old the newest of everything is, at the moment of the answer. */
export function FreshnessFigures({ health }: { readonly health: OwnHealth }) {
  const { atUnixNano: at, latestSpanUnixNano, latestMetricUnixNano, analyzerLagNs } = health;
  return (
    <dl className="grid shrink-0 grid-cols-2 gap-3 min-[900px]:grid-cols-4">
      <Figure name="Latest span" note={<Since at={latestSpanUnixNano} />}>
        {ageWords(latestSpanUnixNano, at)}
      </Figure>
      <Figure name="Latest metric" note={<Since at={latestMetricUnixNano} />}>
        {ageWords(latestMetricUnixNano, at)}
      </Figure>
      <Figure name="Analyzer" note="last judged second to now">
        {analyzerLagNs === undefined ? 'not begun' : `${formatAge(analyzerLagNs)} behind`}
      </Figure>
      <Figure name="Spans kept" note="in the store">
        {formatCompact(health.spans)}
      </Figure>
    </dl>
  );
}

function Figure({
  name,
  note,
  children,
}: {
  readonly name: string;
  readonly note: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div className="rounded-[9px] border border-line bg-panel px-3.5 py-2.5">
      <dt className="text-muted text-xs">{name}</dt>
      <dd className="num mt-0.5 font-semibold text-[17px] leading-6">{children}</dd>
      <dd className="text-muted text-xs">{note}</dd>
    </div>
  );
}

function Since({ at }: { readonly at: UnixNano | undefined }) {
  if (at === undefined) return 'nothing received';
  return (
    <>
      at <Instant at={at} /> UTC
    </>
  );
}

function ageWords(latest: UnixNano | undefined, at: UnixNano): string {
  return latest === undefined ? 'none yet' : `${formatAgeAt(latest, at)} ago`;
}
