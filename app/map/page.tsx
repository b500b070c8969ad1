import type { Metadata } from 'next';
import { connection } from 'next/server';
import { Suspense } from 'react';
import { momentWindow } from '#analysis/service-map/moment-window.ts';
import { FirstRun } from '#views/first-run/first-run.tsx';
import { MapScreen } from '#views/service-map/map-screen.tsx';
import type { MapTime } from '#views/service-map/use-map-range.ts';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { Header } from '#views/shell/header.tsx';
import {
  type ParameterFault,
  parseAt,
  parseWindow,
  type SearchParams,
} from '../_server/parse-query.ts';
import { readIngestAddress } from '../_server/read-ingest-address.ts';
import { hasForeignServices, loadLiveSnapshot, loadMapSnapshot } from './load-map-snapshot.ts';

export const metadata: Metadata = { title: 'Map' };

export default async function MapPage({
  searchParams,
}: {
  readonly searchParams: Promise<SearchParams>;
}) {
  await connection();
  const params = await searchParams;
  const time = timeOf(params);
  if (time.kind === 'bad') return <BadWindow detail={time.detail} />;
  if (time.value === undefined && !(await hasForeignServices())) {
    return <FirstRun ingest={readIngestAddress()} />;
  }
  return (
    <Suspense>
      <MapScreen
        key={time.value === undefined ? 'live' : String(time.value.window.endUnixNano)}
        initial={
          time.value === undefined ? await loadLiveSnapshot() : await loadMapSnapshot(time.value)
        }
        time={time.value}
      />
    </Suspense>
  );
}

type Named =
  | { readonly kind: 'ok'; readonly value: MapTime | undefined }
  | { readonly kind: 'bad'; readonly detail: string };

/** `at` is one moment, `from` and `to` a range; with neither the map is live. */
function timeOf({ at, from, to }: SearchParams): Named {
  if (from !== undefined || to !== undefined) {
    const window = parseWindow({ from, to });
    if (window.kind === 'bad') return { kind: 'bad', detail: detailOf(window.faults) };
    return { kind: 'ok', value: { kind: 'range', window: window.value } };
  }
  const moment = parseAt({ at });
  if (moment.kind === 'bad') return { kind: 'bad', detail: detailOf(moment.faults) };
  if (moment.value === undefined) return { kind: 'ok', value: undefined };
  const { value } = moment;
  return { kind: 'ok', value: { kind: 'moment', at: value, window: momentWindow(value) } };
}

function detailOf(faults: readonly ParameterFault[]): string {
  return faults.map(({ parameter, detail }) => `${parameter}: ${detail}`).join('; ');
}

function BadWindow({ detail }: { readonly detail: string }) {
  return (
    <>
      <Header title="Map" />
      <EmptyState title="This address names no time">
        {detail}. <a href="/map">Show the live map</a>
      </EmptyState>
    </>
  );
}
