import { z } from 'zod';
import { AtQuery, HeatmapQuery, ServiceMapQuery, TracesQuery, WindowQuery } from './parse-query.ts';

interface Operation {
  readonly path: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly pathParameter?: { readonly name: string; readonly schema: z.ZodType };
  readonly answer: string;
  readonly mediaType?: string;
}

const TraceIdParameter = z
  .string()
  .regex(/^[0-9a-fA-F]{32}$/)
  .describe('32 hex digits.');
const IncidentIdParameter = z.string().max(64).describe('As in the list of incidents, e.g. inc-7.');

const OPERATIONS: readonly Operation[] = [
  {
    path: '/health',
    summary: 'Detour’s own health',
    answer:
      '`status` is `ok` or `degraded`, `reasons` say why; how fresh telemetry is and how far the analyzer is behind; `ingesters` with what each says of itself: requests by signal, transport, outcome and reason, bytes in flight and their peak against the limit, the last refusal and partial success. An ingester not heard for more than 5 s is `silent`.',
  },
  {
    path: '/services',
    summary: 'Services, with what they answered in a window',
    query: WindowQuery,
    answer: 'Every service ever seen, by name.',
  },
  {
    path: '/service-map',
    summary: 'The map of a window',
    query: ServiceMapQuery,
    answer:
      'Nodes, edges by routing mode, control plane and DNS, from one snapshot. An edge whose calls were slow in the window has a `slowdown`.',
  },
  {
    path: '/call-history',
    summary: 'Calls between services second by second, by routing mode',
    query: WindowQuery,
    answer: '`calls[m][s]` are those by `modes[m]` in second `startSecond + s`.',
  },
  {
    path: '/traces',
    summary: 'Search traces',
    query: TracesQuery,
    answer: 'Summaries, newest first; `hasMore` when the limit ended the search.',
  },
  {
    path: '/traces/heatmap',
    summary: 'Spans of a search by time and duration',
    query: HeatmapQuery,
    answer:
      'Counts and errors of each cell, row by row; rows are logarithmic from `minNs` to `maxNs`.',
  },
  {
    path: '/traces/{traceId}',
    summary: 'One trace',
    pathParameter: { name: 'traceId', schema: TraceIdParameter },
    answer: 'Its spans with all attributes and events, and its critical path.',
  },
  {
    path: '/control-plane',
    summary: 'Both views of the control plane at an instant',
    query: AtQuery,
    answer: 'What it says of itself, what each xDS client holds, where the two disagree.',
  },
  { path: '/incidents', summary: 'Incidents', answer: 'Newest first, with their timelines.' },
  {
    path: '/incidents/{incidentId}',
    summary: 'One incident',
    pathParameter: { name: 'incidentId', schema: IncidentIdParameter },
    answer:
      'The incident with its timeline, shifts and `slowdowns`: edges whose calls became slow, since when and until when, p50 and p99 before and during, and `origin`, the deepest service whose own time grew.',
  },
  {
    path: '/incidents/{incidentId}/comparison',
    summary: 'The incident beside others of the same root cause',
    pathParameter: { name: 'incidentId', schema: IncidentIdParameter },
    answer:
      'Of each: which safeguards the mesh stated as in force, and how many requests of users failed.',
  },
  {
    path: '/incidents/{incidentId}/replay',
    summary: 'Everything its replay shows, in columns, one frame a second',
    pathParameter: { name: 'incidentId', schema: IncidentIdParameter },
    answer: 'Value of edge e at frame f stands at [e * frames + f].',
  },
  {
    path: '/routing-shifts',
    summary: 'Shifts between mesh and DNS in a window',
    query: WindowQuery,
    answer: 'Ascending by their most likely instant, with its interval.',
  },
  {
    path: '/live',
    summary: 'Live snapshots as server-sent events',
    answer:
      'Events `map`: the map, recent history, open incidents and freshness, up to two a second.',
    mediaType: 'text/event-stream',
  },
];

/** OpenAPI 3.1, made from the schemas that check the input. Instants in answers are decimal strings of nanoseconds. */
export function toOpenApi(): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Detour',
      version: '1',
      description:
        'Observability for service meshes. Fields named …UnixNano are decimal strings of nanoseconds since the Unix epoch.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1' }],
    paths: Object.fromEntries(OPERATIONS.map((operation) => [operation.path, toPath(operation)])),
    components: { schemas: { Problem: toSchema(Problem) } },
  };
}

/** RFC 9457 with our extension `errors`. */
const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  errors: z.array(z.object({ parameter: z.string(), detail: z.string() })).optional(),
});

function toPath(operation: Operation): object {
  const mediaType = operation.mediaType ?? 'application/json';
  const schema = operation.mediaType === undefined ? { type: 'object' } : { type: 'string' };
  return {
    get: {
      summary: operation.summary,
      parameters: [...pathParameters(operation), ...queryParameters(operation)],
      responses: {
        200: { description: operation.answer, content: { [mediaType]: { schema } } },
        ...problems(operation),
      },
    },
  };
}

function problems({ query, pathParameter }: Operation): object {
  const content = {
    'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
  };
  return {
    ...(query || pathParameter
      ? { 400: { description: 'A parameter is wrong; `errors` says which.', content } }
      : {}),
    ...(pathParameter ? { 404: { description: 'There is nothing of that name.', content } } : {}),
    503: { description: 'The database did not answer.', content },
  };
}

function pathParameters({ pathParameter }: Operation): readonly object[] {
  if (pathParameter === undefined) return [];
  const { name, schema } = pathParameter;
  return [{ name, in: 'path', required: true, schema: toSchema(schema) }];
}

function queryParameters({ query }: Operation): readonly object[] {
  return Object.entries(query?.shape ?? {}).map(([name, field]) => {
    const { description, ...schema } = toSchema(field) as { readonly description?: string };
    return { name, in: 'query', required: false, ...(description && { description }), schema };
  });
}

function toSchema(schema: z.core.$ZodType): object {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
