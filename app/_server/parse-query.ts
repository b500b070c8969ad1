import { z } from 'zod';
import { OWN_SERVICE_PREFIX } from '#analysis/service-map/own-service.ts';
import { ROUTING_MODES, type RoutingMode } from '#telemetry/routing-mode.ts';
import { SPAN_STATUSES, type SpanStatus, type TraceId, traceId } from '#telemetry/span.ts';
import {
  addNs,
  NS_PER_MS,
  NS_PER_SECOND,
  type TimeWindow,
  type UnixNano,
  unixNano,
} from '#telemetry/time.ts';
import type { TraceQuery } from '#telemetry/trace-summary.ts';
import { now } from './now.ts';

/**
 * What requests may ask, as schemas: they check the input of the API and of the pages, and the OpenAPI document is made
 * from them. Every parameter is text, as in a URL.
 */
const RFC3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/i;
const MAX_UNIX_NANO = 2n ** 63n - 1n;
const MAX_WINDOW_NS = 31 * 24 * 3600 * NS_PER_SECOND;
const DEFAULT_WINDOW_NS = 15 * 60 * NS_PER_SECOND;
const MAX_TRACES = 500;
const DEFAULT_TRACES = 50;
const DEFAULT_COLUMNS = 90;
const DEFAULT_ROWS = 22;

const instant = z
  .string()
  .max(40)
  .refine((text) => toInstant(text) !== undefined, {
    message:
      'not an instant: use nanoseconds since the epoch or RFC 3339, e.g. 2022-03-08T18:07:00Z',
  })
  .describe('An instant: decimal nanoseconds since the Unix epoch, or RFC 3339.');

const duration = z
  .string()
  .max(20)
  .refine((text) => toDurationNs(text) !== undefined, {
    message: 'not a duration: use a number with a unit, e.g. 250ms, 1.5s, 800us, 90ns',
  })
  .describe('A length of time with its unit: ns, us, ms or s.');

const name = z.string().min(1).max(400);

const oneOf = <T extends string>(values: readonly T[]) => z.enum(values as readonly [T, ...T[]]);

export const WindowQuery = z.object({
  from: instant
    .optional()
    .describe('Start of the window, inside it. Default: 15 minutes before `to`.'),
  to: instant.optional().describe('End of the window, outside it. Default: now.'),
});

const own = oneOf(['hide', 'show']).optional();

export const ServiceMapQuery = WindowQuery.extend({
  own: own.describe('Detour’s own processes. Default: hide.'),
});

export const AtQuery = z.object({
  at: instant.optional().describe('The instant to look at. Default: now.'),
});

export const TracesQuery = WindowQuery.extend({
  service: name.optional().describe('A service that took part.'),
  operation: name.optional().describe('Name of a span.'),
  status: oneOf(SPAN_STATUSES).optional().describe('Status of a span.'),
  minDuration: duration.optional(),
  maxDuration: duration.optional(),
  mode: oneOf(ROUTING_MODES).optional().describe('How a hop found its callee.'),
  own: own.describe('Spans of Detour’s own processes. Default: hide, unless `service` names one.'),
  attribute: z
    .array(
      z
        .string()
        .min(3)
        .max(500)
        .regex(/^[^=]+=./, 'not key=value'),
    )
    .max(10)
    .optional()
    .describe('`key=value` of a span or its resource; may be given several times.'),
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'not a whole number')
    .refine((text) => Number(text) >= 1 && Number(text) <= MAX_TRACES, {
      message: `must be from 1 to ${MAX_TRACES}`,
    })
    .optional()
    .describe(`Most traces to answer with, 1 to ${MAX_TRACES}. Default: ${DEFAULT_TRACES}.`),
});

const cells = (most: number) =>
  z
    .string()
    .regex(/^[1-9]\d{0,2}$/, 'not a whole number')
    .refine((text) => Number(text) <= most, { message: `must be from 1 to ${most}` })
    .optional();

export const HeatmapQuery = TracesQuery.extend({
  columns: cells(300).describe('Columns of time, 1 to 300. Default: 90.'),
  rows: cells(60).describe('Rows of duration, logarithmic, 1 to 60. Default: 22.'),
});

export type SearchParams = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A wrong parameter: which, and what is wrong with it. */
export interface ParameterFault {
  readonly parameter: string;
  readonly detail: string;
}

export type Parsed<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'bad'; readonly faults: readonly ParameterFault[] };

export function parseWindow(params: SearchParams): Parsed<TimeWindow> {
  return then(parse(WindowQuery, params), toWindow);
}

export function parseServiceMapQuery(
  params: SearchParams,
): Parsed<{ readonly window: TimeWindow; readonly withOwnServices: boolean }> {
  return then(parse(ServiceMapQuery, params), (query) =>
    then(toWindow(query), (window) => ok({ window, withOwnServices: query.own === 'show' })),
  );
}

/** undefined: now. */
export function parseAt(params: SearchParams): Parsed<UnixNano | undefined> {
  return then(parse(AtQuery, params), ({ at }) => ok(at === undefined ? undefined : toInstant(at)));
}

export function parseTraceQuery(params: SearchParams): Parsed<TraceQuery> {
  return then(parse(TracesQuery, params), (query) =>
    then(toWindow(query), (window) => ok(toTraceQuery(query, window))),
  );
}

export function parseHeatmapQuery(params: SearchParams): Parsed<{
  readonly query: TraceQuery;
  readonly size: { readonly columns: number; readonly rows: number };
}> {
  return then(parse(HeatmapQuery, params), (query) =>
    then(toWindow(query), (window) =>
      ok({
        query: toTraceQuery(query, window),
        size: {
          columns: Number(query.columns ?? DEFAULT_COLUMNS),
          rows: Number(query.rows ?? DEFAULT_ROWS),
        },
      }),
    ),
  );
}

/** 16 bytes as 32 hex digits, of either case. */
export function parseTraceId(text: string): Parsed<TraceId> {
  return /^[0-9a-f]{32}$/i.test(text)
    ? ok(traceId(text.toLowerCase()))
    : bad('traceId', 'not a trace id: 32 hex digits');
}

/** Parameters of a URL; one given several times is a list. */
export function toSearchParams(url: string): SearchParams {
  const { searchParams } = new URL(url);
  return Object.fromEntries(
    [...new Set(searchParams.keys())].map((key) => {
      const values = searchParams.getAll(key);
      return [key, values.length === 1 ? values[0] : values];
    }),
  );
}

function toTraceQuery(query: z.infer<typeof TracesQuery>, window: TimeWindow): TraceQuery {
  const minDurationNs =
    query.minDuration === undefined ? undefined : toDurationNs(query.minDuration);
  const maxDurationNs =
    query.maxDuration === undefined ? undefined : toDurationNs(query.maxDuration);
  const attributes = (query.attribute ?? []).map((pair) => {
    const cut = pair.indexOf('=');
    return [pair.slice(0, cut), pair.slice(cut + 1)] as const;
  });
  return {
    window,
    limit: Number(query.limit ?? DEFAULT_TRACES),
    ...defined({
      service: query.service,
      notServicePrefix:
        query.service === undefined && query.own !== 'show' ? OWN_SERVICE_PREFIX : undefined,
      operation: query.operation,
      status: query.status as SpanStatus | undefined,
      mode: query.mode as RoutingMode | undefined,
      minDurationNs,
      maxDurationNs,
      attributes: attributes.length === 0 ? undefined : attributes,
    }),
  };
}

function toWindow(query: z.infer<typeof WindowQuery>): Parsed<TimeWindow> {
  const to = query.to === undefined ? now() : toInstant(query.to);
  if (to === undefined) return bad('to', 'not an instant');
  const from = query.from === undefined ? addNs(to, -DEFAULT_WINDOW_NS) : toInstant(query.from);
  if (from === undefined) return bad('from', 'not an instant');
  if (from >= to) return bad('from', 'must be before `to`');
  if (Number(to - from) > MAX_WINDOW_NS) return bad('from', 'the window may span at most 31 days');
  return ok({ startUnixNano: from, endUnixNano: to });
}

function toInstant(text: string): UnixNano | undefined {
  if (/^\d{1,19}$/.test(text)) {
    const value = BigInt(text);
    return value <= MAX_UNIX_NANO ? unixNano(value) : undefined;
  }
  const parts = RFC3339.exec(text);
  if (parts === null) return undefined;
  const [, seconds = '', fraction = '', zone = ''] = parts;
  const ms = Date.parse(`${seconds}${zone.toUpperCase()}`);
  if (Number.isNaN(ms) || ms < 0) return undefined;
  return unixNano(BigInt(ms) * BigInt(NS_PER_MS) + BigInt(fraction.padEnd(9, '0')));
}

const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1000,
  µs: 1000,
  ms: NS_PER_MS,
  s: NS_PER_SECOND,
};

function toDurationNs(text: string): number | undefined {
  const parts = /^(\d{1,9}(?:\.\d{1,9})?)(ns|us|µs|ms|s)$/.exec(text);
  if (parts === null) return undefined;
  return Math.round(Number(parts[1]) * (UNIT_NS[parts[2] ?? ''] ?? 0));
}

function parse<S extends z.ZodObject>(schema: S, params: SearchParams): Parsed<z.infer<S>> {
  const result = schema.strict().safeParse(asLists(schema, params));
  if (result.success) return ok(result.data as z.infer<S>);
  return {
    kind: 'bad',
    faults: result.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((parameter) => ({ parameter, detail: 'no such parameter' }))
        : [{ parameter: String(issue.path[0] ?? ''), detail: issue.message }],
    ),
  };
}

/** A list parameter that is given once is a list of one. */
function asLists(schema: z.ZodObject, params: SearchParams): SearchParams {
  const isList = (key: string): boolean => {
    const field: unknown = schema.shape[key];
    const inner = field instanceof z.ZodOptional ? field.unwrap() : field;
    return inner instanceof z.ZodArray;
  };
  return Object.fromEntries(
    Object.entries(params).map(([key, value]) => [
      key,
      typeof value === 'string' && isList(key) ? [value] : value,
    ]),
  );
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}

function ok<T>(value: T): Parsed<T> {
  return { kind: 'ok', value };
}

function bad(parameter: string, detail: string): Parsed<never> {
  return { kind: 'bad', faults: [{ parameter, detail }] };
}

function then<A, B>(parsed: Parsed<A>, next: (value: A) => Parsed<B>): Parsed<B> {
  return parsed.kind === 'ok' ? next(parsed.value) : parsed;
}
