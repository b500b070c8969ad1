import { readFreshness } from '#store/read-freshness.ts';
import { readOperations, readServiceNames } from '#store/services/read-services.ts';
import { addNs, type UnixNano } from '#telemetry/time.ts';
import type { TraceQuery, TraceSearchResult } from '#telemetry/trace-summary.ts';
import { type Clause, parseDurationNs } from '#views/traces/trace-clauses.ts';
import { type TracesLink, tracesHref } from '#views/traces/trace-link.ts';
import type { TracesScreenProps } from '#views/traces/traces-screen.tsx';
import { answerInPart, database } from '../_server/database.ts';
import { loadHeatmap, loadTraces } from '../_server/load-traces.ts';
import { type Parsed, parseTraceQuery, type SearchParams } from '../_server/parse-query.ts';

const PAGE_TRACES = 200;
/** Finer than drawn: the view leaves out empty rows and puts the others together. */
const HEATMAP = { columns: 90, rows: 88 };
/** More operations than this are no help to choose from. */
const MAX_OPERATIONS = 200;
const NOTHING: TraceSearchResult = { traces: [], hasMore: false, scannedSpans: 0 };

/** The query that an address asks for, as the API reads it; a range up to now ends at `now`. */
export function toTraceQuery(link: TracesLink, now: UnixNano): Parsed<TraceQuery> {
  const params = paramsOf(link);
  if (link.range.kind === 'last') {
    const lastNs = parseDurationNs(link.range.last);
    if (lastNs === undefined || lastNs === 0) {
      return {
        kind: 'bad',
        faults: [{ parameter: 'last', detail: 'not a duration: use 15m, 1h, 24h' }],
      };
    }
    return parseTraceQuery({
      ...params,
      limit: String(PAGE_TRACES),
      from: addNs(now, -lastNs).toString(),
      to: now.toString(),
    });
  }
  return parseTraceQuery({ ...params, limit: String(PAGE_TRACES) });
}

/** `last` is the page's own: the API has fixed windows only. */
function paramsOf(link: TracesLink): SearchParams {
  const { searchParams } = new URL(tracesHref(link), 'http://localhost');
  searchParams.delete('last');
  return Object.fromEntries(
    [...new Set(searchParams.keys())].map((key) => {
      const values = searchParams.getAll(key);
      return [key, values.length === 1 ? values[0] : values];
    }),
  );
}

/** Everything that the search screen shows, from the databases that answer. */
export async function loadSearch(link: TracesLink, query: TraceQuery): Promise<TracesScreenProps> {
  const { found, missing } = await answerInPart(() => searchWhatAnswers(link, query));
  return { ...found, missing };
}

async function searchWhatAnswers(link: TracesLink, query: TraceQuery): Promise<TracesScreenProps> {
  const [result, heatmap, services, operations] = await Promise.all([
    loadTraces(query),
    loadHeatmap(query, HEATMAP),
    readServiceNames(database()),
    query.service === undefined ? [] : readOperations(database(), query.service),
  ]);
  const isEmpty = result.traces.length === 0;
  return {
    link,
    window: query.window,
    result,
    heatmap,
    services,
    operations: operations.slice(0, MAX_OPERATIONS),
    culprits: isEmpty ? await findCulprits(link, query) : [],
    isEmptyStore: isEmpty && (await readFreshness(database())).spans === 0,
  };
}

/** A search that cannot be run: what is wrong, and nothing else. */
export function refusedSearch(link: TracesLink, now: UnixNano, problem: string): TracesScreenProps {
  return {
    link,
    window: { startUnixNano: addNs(now, -1), endUnixNano: now },
    result: NOTHING,
    heatmap: { columns: 1, rows: 1, minNs: 1, maxNs: 2, counts: [0], errors: [0] },
    services: [],
    operations: [],
    culprits: [],
    isEmptyStore: false,
    problem,
  };
}

/** The clauses each of which alone keeps everything away. */
async function findCulprits(link: TracesLink, query: TraceQuery): Promise<readonly Clause[]> {
  const found = await Promise.all(
    link.clauses.map(async (clause) => {
      const others = link.clauses.filter((other) => other !== clause);
      const parsed = toTraceQuery(
        {
          ...link,
          clauses: others,
          range: {
            kind: 'fixed',
            from: query.window.startUnixNano.toString(),
            to: query.window.endUnixNano.toString(),
          },
        },
        query.window.endUnixNano,
      );
      if (parsed.kind === 'bad') return undefined;
      const { traces } = await loadTraces({ ...parsed.value, limit: 1 });
      return traces.length > 0 ? clause : undefined;
    }),
  );
  return found.filter((clause) => clause !== undefined);
}
