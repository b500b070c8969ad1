import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { criticalPath } from '#analysis/trace/critical-path.ts';
import { ShardAway } from '#store/shards.ts';
import { type Span, type TraceId, traceId } from '#telemetry/span.ts';
import type { UnixNano } from '#telemetry/time.ts';
import { type SpanDetails, toSpanDetails, toTraceEvents } from '#views/trace/span-details.ts';
import { toTraceColumns, WATERFALL_KEYS } from '#views/trace/to-trace-columns.ts';
import { TraceAway } from '#views/trace/trace-away.tsx';
import { rowIndex } from '#views/trace/trace-columns.ts';
import { TraceScreen } from '#views/trace/trace-screen.tsx';
import { answerInPart } from '../../_server/database.ts';
import { tryLoadIncidents } from '../../_server/load-incidents.ts';
import { loadTrace } from '../../_server/load-traces.ts';
import { loadSpanDetails } from './load-span-details.ts';

/** Up to here the attributes of all spans come with the page; of a large trace each is asked for by itself. */
const DETAILS_LIMIT = 500;
const EVENTS_LIMIT = 2000;

interface Address {
  readonly params: Promise<{ readonly traceId: string }>;
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export async function generateMetadata({ params }: Address): Promise<Metadata> {
  return { title: `Trace ${(await params).traceId.slice(0, 8)}` };
}

export default async function TracePage({ params, searchParams }: Address) {
  const id = (await params).traceId.toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(id)) notFound();
  const answer = await readInPart(traceId(id));
  if (answer.kind === 'away') return <TraceAway databases={answer.databases} />;
  const { spans, missing } = answer;
  const columns = toTraceColumns(spans, criticalPath(spans).sections);
  if (columns === undefined) notFound();
  const { events, total } = toTraceEvents(
    spans,
    columns.startUnixNano,
    rowIndex(columns),
    EVENTS_LIMIT,
  );
  const { tab, span, view } = await searchParams;
  return (
    <TraceScreen
      missing={missing}
      columns={columns}
      details={spans.length > DETAILS_LIMIT ? {} : detailsOf(spans)}
      events={events}
      eventTotal={total}
      link={{ ...textOf('tab', tab), ...textOf('span', span), ...textOf('view', view) }}
      loadDetails={loadSpanDetails.bind(undefined, id)}
      {...(await incidentAt(columns.startUnixNano))}
    />
  );
}

type Answer =
  | { readonly kind: 'spans'; readonly spans: readonly Span[]; readonly missing: readonly string[] }
  /** Where it lies, or may lie, nobody answers. */
  | { readonly kind: 'away'; readonly databases: readonly string[] };

async function readInPart(id: TraceId): Promise<Answer> {
  try {
    const { found: spans, missing } = await answerInPart(() =>
      loadTrace(id, { keys: WATERFALL_KEYS, above: DETAILS_LIMIT }),
    );
    if (spans.length === 0 && missing.length > 0) return { kind: 'away', databases: missing };
    return { kind: 'spans', spans, missing };
  } catch (error) {
    if (!(error instanceof ShardAway)) throw error;
    return { kind: 'away', databases: error.shards };
  }
}

/** The incident that was on at an instant. */
async function incidentAt(instant: UnixNano): Promise<{ readonly incidentId?: string }> {
  const incident = (await tryLoadIncidents()).find(
    (one) =>
      one.startUnixNano <= instant && (one.endUnixNano === undefined || instant < one.endUnixNano),
  );
  return incident === undefined ? {} : { incidentId: incident.id };
}

function detailsOf(spans: readonly Span[]): Readonly<Record<string, SpanDetails>> {
  return Object.fromEntries(spans.map((span) => [span.spanId, toSpanDetails(span)]));
}

/** A parameter given twice is no parameter. */
function textOf(key: 'tab' | 'span' | 'view', value: string | string[] | undefined) {
  return typeof value === 'string' ? { [key]: value } : {};
}
