import { clockOffsetsNs } from '#analysis/trace/clock-skew.ts';
import type { PathSection } from '#analysis/trace/critical-path.ts';
import {
  ATTR_CDS_VERSION,
  ATTR_DNS_QUESTION_NAME,
  ATTR_EDS_VERSION,
  ATTR_ERROR_TYPE,
  ATTR_GRPC_TARGET,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_LDS_VERSION,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_PEER_SERVICE,
  ATTR_PROXY,
  ATTR_RPC_GRPC_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVICE_PEER_NAME,
  ATTR_URL_PATH,
  ATTR_XDS_CONFIG_AGE_MS,
} from '#telemetry/attributes.ts';
import { inferRoutingMode } from '#telemetry/infer-routing-mode.ts';
import { routingModeCode } from '#telemetry/routing-mode.ts';
import { SPAN_KINDS, SPAN_STATUSES, type Span } from '#telemetry/span.ts';
import { NS_PER_MS, unixNano } from '#telemetry/time.ts';
import { versionWord } from '#telemetry/version-word.ts';
import { orderSpans, type SpanOrder } from '#views/trace/order-spans.ts';
import { ROUTING_KEYS, routingEvidence } from '#views/trace/routing-evidence.ts';
import {
  ROW_LOOKUP,
  ROW_MISSING,
  ROW_PROXY,
  rowIndex,
  type TraceColumns,
} from '#views/trace/trace-columns.ts';

/** Clocks of two machines are never the same: less than this is no finding. */
const SKEW_TOLERANCE_NS = NS_PER_MS;

/** The attributes that the columns are made of: a large trace is read with these alone. */
export const WATERFALL_KEYS: ReadonlySet<string> = new Set([
  ...ROUTING_KEYS,
  ATTR_DNS_QUESTION_NAME,
  ATTR_EDS_VERSION,
  ATTR_ERROR_TYPE,
  ATTR_GRPC_TARGET,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_LDS_VERSION,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PEER_PORT,
  ATTR_PEER_SERVICE,
  ATTR_RPC_GRPC_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVICE_PEER_NAME,
  ATTR_URL_PATH,
  ATTR_XDS_CONFIG_AGE_MS,
]);

/** Undefined for a trace without spans. Spans in any order. */
export function toTraceColumns(
  spans: readonly Span[],
  criticalPath: readonly PathSection[],
): TraceColumns | undefined {
  const first = spans[0];
  if (first === undefined) return undefined;
  const origin = spans.reduce(
    (least, span) => (span.startUnixNano < least ? span.startUnixNano : least),
    first.startUnixNano,
  );
  const order = orderSpans(spans, origin);
  const texts = new TextTable();
  const columns = {
    ...emptyColumns(order.nodes.length),
    parent: order.parent,
    depth: order.depth,
    subtreeEnd: order.subtreeEnd,
  };
  for (const [row, node] of order.nodes.entries()) {
    columns.startNs[row] = order.startNs[node] ?? 0;
    columns.lengthNs[row] = (order.endNs[node] ?? 0) - (order.startNs[node] ?? 0);
    const span = spans[node];
    if (span === undefined) fillMissing(columns, row, order.missing[node - spans.length], texts);
    else fillRow(columns, row, span, texts);
  }
  return {
    ...columns,
    ...pathColumns(columns.spanIds, criticalPath, origin),
    traceId: first.traceId,
    startUnixNano: unixNano(origin),
    durationNs: order.endNs.reduce((latest, end) => Math.max(latest, end), 0),
    rows: order.nodes.length,
    strings: texts.all,
    missingParents: order.missing.length,
    skew: measureSkew(order, spans),
  };
}

class TextTable {
  readonly all: string[] = [''];
  readonly #index = new Map([['', 0]]);

  add(text: string): number {
    const known = this.#index.get(text);
    if (known !== undefined) return known;
    this.#index.set(text, this.all.length);
    return this.all.push(text) - 1;
  }
}

type RowColumns = ReturnType<typeof emptyColumns>;

function emptyColumns(rows: number) {
  return {
    spanIds: new Uint32Array(rows * 2),
    startNs: new Float64Array(rows),
    lengthNs: new Float64Array(rows),
    service: new Uint32Array(rows),
    instance: new Uint32Array(rows),
    name: new Uint32Array(rows),
    peer: new Uint32Array(rows),
    address: new Uint32Array(rows),
    version: new Uint32Array(rows),
    errorType: new Uint32Array(rows),
    answer: new Uint32Array(rows),
    kind: new Uint8Array(rows),
    status: new Uint8Array(rows),
    mode: new Uint8Array(rows),
    flags: new Uint8Array(rows),
    configAgeMs: new Float64Array(rows).fill(-1),
  };
}

function fillMissing(
  columns: RowColumns,
  row: number,
  spanId: string | undefined,
  texts: TextTable,
): void {
  columns.flags[row] = ROW_MISSING;
  columns.name[row] = texts.add(spanId ?? '');
}

function fillRow(columns: RowColumns, row: number, span: Span, texts: TextTable): void {
  columns.spanIds[row * 2] = Number.parseInt(span.spanId.slice(0, 8), 16);
  columns.spanIds[row * 2 + 1] = Number.parseInt(span.spanId.slice(8, 16), 16);
  columns.service[row] = texts.add(span.service);
  columns.instance[row] = texts.add(span.instance);
  columns.name[row] = texts.add(nameOf(span));
  columns.peer[row] = texts.add(peerOf(span));
  columns.address[row] = texts.add(addressOf(span));
  columns.version[row] = texts.add(versionOf(span));
  columns.errorType[row] = texts.add(textOf(span, ATTR_ERROR_TYPE));
  columns.answer[row] = texts.add(answerOf(span));
  columns.kind[row] = SPAN_KINDS.indexOf(span.kind);
  columns.status[row] = SPAN_STATUSES.indexOf(span.status);
  columns.flags[row] = flagsOf(span);
  const age = textOf(span, ATTR_XDS_CONFIG_AGE_MS);
  columns.configAgeMs[row] = age === '' ? -1 : Number(age);
  if (span.kind === 'client' || span.kind === 'producer') {
    columns.mode[row] = routingModeCode(inferRoutingMode(routingEvidence(span)).mode);
  }
}

function textOf(span: Span, key: string): string {
  const value = span.attributes.get(key);
  return value === undefined || typeof value === 'object' ? '' : String(value);
}

/** HTTP clients name their spans by method alone (semantic conventions): the path tells calls apart. */
function nameOf(span: Span): string {
  if (span.name.includes(' ')) return span.name;
  const path = textOf(span, ATTR_HTTP_ROUTE) || textOf(span, ATTR_URL_PATH);
  return path === '' ? span.name : `${span.name} ${path}`;
}

function peerOf(span: Span): string {
  return (
    textOf(span, ATTR_SERVICE_PEER_NAME) ||
    textOf(span, ATTR_PEER_SERVICE) ||
    textOf(span, ATTR_DNS_QUESTION_NAME) ||
    textOf(span, ATTR_SERVER_ADDRESS)
  );
}

function addressOf(span: Span): string {
  const address = textOf(span, ATTR_NETWORK_PEER_ADDRESS);
  const port = textOf(span, ATTR_NETWORK_PEER_PORT);
  if (address !== '') return port === '' ? address : `${address}:${port}`;
  return textOf(span, ATTR_GRPC_TARGET);
}

/**
 * The version that routed the call: that of its endpoints. A name that is gone is gone from a type above them, and
 * theirs still stands at what was before.
 */
function versionOf(span: Span): string {
  const isGone = textOf(span, ATTR_ERROR_TYPE) === 'no_mapping';
  const types = isGone
    ? [ATTR_CDS_VERSION, ATTR_LDS_VERSION, ATTR_EDS_VERSION]
    : [ATTR_EDS_VERSION, ATTR_LDS_VERSION];
  return versionWord(types.map((type) => textOf(span, type)).find((text) => text !== '') ?? '');
}

function answerOf(span: Span): string {
  const http = textOf(span, ATTR_HTTP_RESPONSE_STATUS_CODE);
  if (http !== '') return http;
  const grpc = textOf(span, ATTR_RPC_GRPC_STATUS_CODE);
  if (grpc !== '') return GRPC_STATUS_NAMES[Number(grpc)] ?? grpc;
  return span.status === 'error' ? span.statusMessage : '';
}

/** By number: grpc/doc/statuscodes.md. */
const GRPC_STATUS_NAMES: readonly string[] =
  'OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED'.split(
    ' ',
  );

function flagsOf(span: Span): number {
  const proxy = span.resource.get(ATTR_PROXY) === 'sidecar' ? ROW_PROXY : 0;
  const lookup =
    span.kind !== 'server' && span.attributes.has(ATTR_DNS_QUESTION_NAME) ? ROW_LOOKUP : 0;
  return proxy | lookup;
}

function pathColumns(spanIds: Uint32Array, path: readonly PathSection[], origin: bigint) {
  const rowOf = rowIndex({ spanIds, rows: spanIds.length / 2 });
  const known = path
    .map((stretch) => ({ row: rowOf(stretch.spanId), stretch }))
    .filter(({ row }) => row >= 0);
  return {
    pathRow: Uint32Array.from(known, ({ row }) => row),
    pathStartNs: Float64Array.from(known, ({ stretch }) => Number(stretch.startUnixNano - origin)),
    pathEndNs: Float64Array.from(known, ({ stretch }) => Number(stretch.endUnixNano - origin)),
  };
}

function measureSkew(order: SpanOrder, spans: readonly Span[]): TraceColumns['skew'] {
  if (!hasEarlyAnswer(order, spans)) return undefined;
  const found = [...clockOffsetsNs(spans).values()]
    .map(Math.abs)
    .filter((offsetNs) => offsetNs >= SKEW_TOLERANCE_NS);
  if (found.length === 0) return undefined;
  return { spans: found.length, maxNs: found.reduce((most, ns) => Math.max(most, ns), 0) };
}

/** Most traces have right clocks, and that is cheap to see. */
function hasEarlyAnswer(order: SpanOrder, spans: readonly Span[]): boolean {
  return order.nodes.some((node, row) => {
    const parent = order.nodes[order.parent[row] ?? -1];
    if (parent === undefined || spans[node]?.kind !== 'server') return false;
    return (order.startNs[parent] ?? 0) - (order.startNs[node] ?? 0) >= SKEW_TOLERANCE_NS;
  });
}
