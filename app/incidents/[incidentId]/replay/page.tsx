import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { frameAt } from '#analysis/replay/map-at-frame.ts';
import { toSpeed } from '#views/replay/playback.ts';
import { ReplayScreen } from '#views/replay/replay-screen.tsx';
import { answerInPart } from '../../../_server/database.ts';
import { loadIncident } from '../../../_server/load-incidents.ts';
import { loadReplay } from '../../../_server/load-replay.ts';
import { parseAt } from '../../../_server/parse-query.ts';

export const metadata: Metadata = { title: 'Replay' };
export const dynamic = 'force-dynamic';

/** Shorter replays are watched as they were; longer ones at the pace of the drill. */
const LIVE_PACE_FRAMES = 600;

export default async function ReplayPage({
  params,
  searchParams,
}: {
  readonly params: Promise<{ readonly incidentId: string }>;
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const id = decodeURIComponent((await params).incidentId);
  const { found, missing } = await answerInPart(() =>
    Promise.all([loadIncident(id), loadReplay(id)]),
  );
  const [incident, timeline] = found;
  if (incident === undefined || timeline === undefined) notFound();
  const { at, speed } = await searchParams;
  const asked = typeof at === 'string' ? parseAt({ at }) : undefined;
  const instant = asked?.kind === 'ok' ? asked.value : undefined;
  return (
    <ReplayScreen
      incident={incident}
      timeline={timeline}
      missing={missing}
      startFrame={frameAt(timeline, instant ?? incident.startUnixNano)}
      startSpeed={
        toSpeed(typeof speed === 'string' ? speed : undefined) ??
        (timeline.frames <= LIVE_PACE_FRAMES ? 1 : 60)
      }
    />
  );
}
