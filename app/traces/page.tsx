import type { Metadata } from 'next';
import { parseTracesLink } from '#views/traces/trace-link.ts';
import { TracesScreen } from '#views/traces/traces-screen.tsx';
import { now } from '../_server/now.ts';
import { loadSearch, refusedSearch, toTraceQuery } from './load-search.ts';

export const metadata: Metadata = { title: 'Traces' };
export const dynamic = 'force-dynamic';

/** What the reader typed, where the address has another name for it. */
const TYPED: Readonly<Record<string, string>> = {
  minDuration: 'duration',
  maxDuration: 'duration',
  last: 'range',
};

export default async function TracesPage({
  searchParams,
}: {
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const link = parseTracesLink(await searchParams);
  const at = now();
  const query = toTraceQuery(link, at);
  if (query.kind === 'bad') {
    const problem = query.faults
      .map(({ parameter, detail }) => `${TYPED[parameter] ?? parameter}: ${detail}`)
      .join('; ');
    return <TracesScreen {...refusedSearch(link, at, problem)} />;
  }
  return <TracesScreen {...(await loadSearch(link, query.value))} />;
}
