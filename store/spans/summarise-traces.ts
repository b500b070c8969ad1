import { ROUTING_MODES, type RoutingMode } from '#telemetry/routing-mode.ts';
import { SPAN_STATUSES, type TraceId, traceId } from '#telemetry/span.ts';
import { NO_HOP } from '#telemetry/span-batch.ts';
import { unixNano } from '#telemetry/time.ts';
import type { TraceSummary } from '#telemetry/trace-summary.ts';
import { type Queryable, queryRows } from '../query-rows.ts';
import { durationAt, startAt } from './match-spans.ts';
import { readColumns, type SegmentKey } from './segment-cache.ts';
import { isRoot, modeOf, type SegmentColumns, statusOf } from './segment-columns.ts';

const STATUS_ERROR = 2;

/** Sums over all spans of each trace, wherever they lie; in the order asked, unknown ones left out. */
export async function summariseTraces(
  db: Queryable,
  ids: readonly string[],
): Promise<readonly TraceSummary[]> {
  if (ids.length === 0) return [];
  const keys = ids.map((id) => Buffer.from(id, 'hex').readBigInt64BE(8));
  const segments = await queryRows(db)<SegmentKey>`
    select distinct day, segment_id as id from trace_segment where trace_key = any(${keys}::int8[])`;
  const columns = await readColumns(db, segments);
  const summaries = new Map(ids.map((id) => [id, new SummaryBuilder(id)]));
  for (const segment of columns.values()) addSegment(segment, summaries);
  return ids.flatMap((id) => summaries.get(id)?.finish() ?? []);
}

function addSegment(columns: SegmentColumns, summaries: ReadonlyMap<string, SummaryBuilder>): void {
  const wanted = new Map<number, SummaryBuilder>();
  const ids = Buffer.from(
    columns.traceIds.buffer,
    columns.traceIds.byteOffset,
    columns.traceIds.length,
  );
  for (let trace = 0; trace * 16 < ids.length; trace++) {
    const summary = summaries.get(ids.toString('hex', trace * 16, trace * 16 + 16));
    if (summary) wanted.set(trace, summary);
  }
  if (wanted.size === 0) return;
  for (let i = 0; i < columns.count; i++) {
    wanted.get(columns.traceOf[i] as number)?.add(columns, i);
  }
}

interface Head {
  readonly start: bigint;
  readonly isRoot: boolean;
  readonly service: string;
  readonly name: string;
  readonly status: number;
}

class SummaryBuilder {
  readonly #id: TraceId;
  readonly #seen = new Set<string>();
  readonly #services = new Set<string>();
  readonly #hops = new Map<RoutingMode, number>();
  #head: Head | undefined;
  #start: bigint | undefined;
  #end = 0n;
  #errors = 0;

  constructor(id: string) {
    this.#id = traceId(id);
  }

  add(columns: SegmentColumns, i: number): void {
    const start = startAt(columns, i);
    const duration = durationAt(columns, i);
    const service = columns.services[columns.serviceOf[i] as number] ?? '';
    const name = columns.names[columns.nameOf[i] as number] ?? '';
    // The same span may have come twice, in two requests.
    const key = `${start}/${duration}/${columns.idTail[i]}/${service}/${name}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#services.add(service);
    const flags = columns.flags[i] as number;
    if (statusOf(flags) === STATUS_ERROR) this.#errors++;
    this.#addHop(modeOf(flags));
    if (this.#start === undefined || start < this.#start) this.#start = start;
    const end = start + BigInt(duration);
    if (end > this.#end) this.#end = end;
    const head = { start, isRoot: isRoot(flags), service, name, status: statusOf(flags) };
    if (this.#head === undefined || leads(head, this.#head)) this.#head = head;
  }

  finish(): readonly TraceSummary[] {
    const head = this.#head;
    const start = this.#start;
    if (head === undefined || start === undefined) return [];
    return [
      {
        traceId: this.#id,
        rootService: head.service,
        rootName: head.name,
        hasRoot: head.isRoot,
        startUnixNano: unixNano(start),
        durationNs: Number(this.#end - start),
        spanCount: this.#seen.size,
        errorCount: this.#errors,
        rootStatus: SPAN_STATUSES[head.status] ?? 'unset',
        services: [...this.#services].sort(),
        hopsByMode: Object.fromEntries(this.#hops),
      },
    ];
  }

  #addHop(mode: number): void {
    const name = mode === NO_HOP ? undefined : ROUTING_MODES[mode];
    if (name !== undefined) this.#hops.set(name, (this.#hops.get(name) ?? 0) + 1);
  }
}

/** A root before any other span, then the earlier start. */
function leads(a: Head, b: Head): boolean {
  if (a.isRoot !== b.isRoot) return a.isRoot;
  return a.start < b.start;
}
