import {
  addId,
  addLists,
  addMessages,
  addScalars,
  type JsonMessage,
  message,
} from './otlp-json-message.ts';
import type { OtlpSignal } from './otlp-signal.ts';

/**
 * How each key of OTLP/JSON becomes a protobuf field. Numbers and types are those of opentelemetry-proto 1.x
 * (trace.proto, metrics.proto, common.proto, resource.proto); ids are hex and enums are integers as the OTLP
 * specification's "JSON Protobuf Encoding" says, the rest follows protobuf's own JSON mapping.
 */

// ---- common.proto, resource.proto

const anyValue = message('AnyValue');
const keyValue = message('KeyValue');
const arrayValue = message('ArrayValue');
const keyValueList = message('KeyValueList');
const scope = message('InstrumentationScope');
const entityRef = message('EntityRef');
const resource = message('Resource', { lengthWidth: 2 });

addScalars(anyValue, {
  stringValue: [1, 'string'],
  boolValue: [2, 'bool'],
  intValue: [3, 'int64'],
  doubleValue: [4, 'double'],
  bytesValue: [7, 'bytes'],
});
addMessages(anyValue, 'one', { arrayValue: [5, arrayValue], kvlistValue: [6, keyValueList] });
addMessages(arrayValue, 'repeated', { values: [1, anyValue] });
addMessages(keyValueList, 'repeated', { values: [1, keyValue] });
addScalars(keyValue, { key: [1, 'string'] });
addMessages(keyValue, 'one', { value: [2, anyValue] });
addScalars(scope, {
  name: [1, 'string'],
  version: [2, 'string'],
  droppedAttributesCount: [4, 'uint32'],
});
addMessages(scope, 'repeated', { attributes: [3, keyValue] });
addScalars(entityRef, { schemaUrl: [1, 'string'], type: [2, 'string'] });
addLists(entityRef, 'repeated', { idKeys: [3, 'string'], descriptionKeys: [4, 'string'] });
addScalars(resource, { droppedAttributesCount: [2, 'uint32'] });
addMessages(resource, 'repeated', { attributes: [1, keyValue], entityRefs: [3, entityRef] });

// ---- trace.proto

const span = message('Span', { role: 'unit', lengthWidth: 2 });
const event = message('Span.Event');
const link = message('Span.Link');
const status = message('Status');

addId(span, 'traceId', 1);
addId(span, 'spanId', 2);
addId(span, 'parentSpanId', 4, true);
addScalars(span, {
  traceState: [3, 'string'],
  name: [5, 'string'],
  kind: [6, 'enum'],
  startTimeUnixNano: [7, 'fixed64'],
  endTimeUnixNano: [8, 'fixed64'],
  droppedAttributesCount: [10, 'uint32'],
  droppedEventsCount: [12, 'uint32'],
  droppedLinksCount: [14, 'uint32'],
  flags: [16, 'fixed32'],
});
addMessages(span, 'repeated', {
  attributes: [9, keyValue],
  events: [11, event],
  links: [13, link],
});
addMessages(span, 'one', { status: [15, status] });
addScalars(event, {
  timeUnixNano: [1, 'fixed64'],
  name: [2, 'string'],
  droppedAttributesCount: [4, 'uint32'],
});
addMessages(event, 'repeated', { attributes: [3, keyValue] });
addId(link, 'traceId', 1);
addId(link, 'spanId', 2);
addScalars(link, {
  traceState: [3, 'string'],
  droppedAttributesCount: [5, 'uint32'],
  flags: [6, 'fixed32'],
});
addMessages(link, 'repeated', { attributes: [4, keyValue] });
addScalars(status, { message: [2, 'string'], code: [3, 'enum'] });

// ---- metrics.proto

const metric = message('Metric', { role: 'group', lengthWidth: 2 });
const gauge = message('Gauge', { lengthWidth: 2 });
const sum = message('Sum', { lengthWidth: 2 });
const histogram = message('Histogram', { lengthWidth: 2 });
const exponentialHistogram = message('ExponentialHistogram', { lengthWidth: 2 });
const summary = message('Summary', { lengthWidth: 2 });
const numberPoint = message('NumberDataPoint', { role: 'unit' });
const histogramPoint = message('HistogramDataPoint', { role: 'unit', lengthWidth: 2 });
const exponentialPoint = message('ExponentialHistogramDataPoint', { role: 'unit', lengthWidth: 2 });
const buckets = message('ExponentialHistogramDataPoint.Buckets');
const summaryPoint = message('SummaryDataPoint', { role: 'unit' });
const quantile = message('SummaryDataPoint.ValueAtQuantile');
const exemplar = message('Exemplar');

addScalars(metric, { name: [1, 'string'], description: [2, 'string'], unit: [3, 'string'] });
addMessages(metric, 'one', {
  gauge: [5, gauge],
  sum: [7, sum],
  histogram: [9, histogram],
  exponentialHistogram: [10, exponentialHistogram],
  summary: [11, summary],
});
addMessages(metric, 'repeated', { metadata: [12, keyValue] });
addMessages(gauge, 'repeated', { dataPoints: [1, numberPoint] });
addMessages(sum, 'repeated', { dataPoints: [1, numberPoint] });
addScalars(sum, { aggregationTemporality: [2, 'enum'], isMonotonic: [3, 'bool'] });
addMessages(histogram, 'repeated', { dataPoints: [1, histogramPoint] });
addScalars(histogram, { aggregationTemporality: [2, 'enum'] });
addMessages(exponentialHistogram, 'repeated', { dataPoints: [1, exponentialPoint] });
addScalars(exponentialHistogram, { aggregationTemporality: [2, 'enum'] });
addMessages(summary, 'repeated', { dataPoints: [1, summaryPoint] });

const POINT_TIMES = {
  startTimeUnixNano: [2, 'fixed64'],
  timeUnixNano: [3, 'fixed64'],
} as const;
addScalars(numberPoint, {
  ...POINT_TIMES,
  asDouble: [4, 'double'],
  asInt: [6, 'sfixed64'],
  flags: [8, 'uint32'],
});
addMessages(numberPoint, 'repeated', { attributes: [7, keyValue], exemplars: [5, exemplar] });
addScalars(histogramPoint, {
  ...POINT_TIMES,
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  flags: [10, 'uint32'],
  min: [11, 'double'],
  max: [12, 'double'],
});
addLists(histogramPoint, 'packed', {
  bucketCounts: [6, 'fixed64'],
  explicitBounds: [7, 'double'],
});
addMessages(histogramPoint, 'repeated', { attributes: [9, keyValue], exemplars: [8, exemplar] });
addScalars(exponentialPoint, {
  ...POINT_TIMES,
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  scale: [6, 'sint32'],
  zeroCount: [7, 'fixed64'],
  flags: [10, 'uint32'],
  min: [12, 'double'],
  max: [13, 'double'],
  zeroThreshold: [14, 'double'],
});
addMessages(exponentialPoint, 'repeated', { attributes: [1, keyValue], exemplars: [11, exemplar] });
addMessages(exponentialPoint, 'one', { positive: [8, buckets], negative: [9, buckets] });
addScalars(buckets, { offset: [1, 'sint32'] });
addLists(buckets, 'packed', { bucketCounts: [2, 'uint64'] });
addScalars(summaryPoint, {
  ...POINT_TIMES,
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  flags: [8, 'uint32'],
});
addMessages(summaryPoint, 'repeated', { attributes: [7, keyValue], quantileValues: [6, quantile] });
addScalars(quantile, { quantile: [1, 'double'], value: [2, 'double'] });
addScalars(exemplar, {
  timeUnixNano: [2, 'fixed64'],
  asDouble: [3, 'double'],
  asInt: [6, 'sfixed64'],
});
addId(exemplar, 'spanId', 4, true);
addId(exemplar, 'traceId', 5, true);
addMessages(exemplar, 'repeated', { filteredAttributes: [7, keyValue] });

// ---- collector/*_service.proto: Export…ServiceRequest → Resource… → Scope… → item

const logRecord = message('LogRecord', { role: 'unit', isOpaque: true });

function exportRequest(signal: string, itemsKey: string, item: JsonMessage): JsonMessage {
  const request = message(`Export${signal}ServiceRequest`);
  const perResource = message(`Resource${signal}`, { lengthWidth: 3 });
  const perScope = message(`Scope${signal}`, { lengthWidth: 3 });
  addMessages(request, 'repeated', { [`resource${signal}`]: [1, perResource] });
  addMessages(perResource, 'one', { resource: [1, resource] });
  addMessages(perResource, 'repeated', { [`scope${signal}`]: [2, perScope] });
  addScalars(perResource, { schemaUrl: [3, 'string'] });
  addMessages(perScope, 'one', { scope: [1, scope] });
  addMessages(perScope, 'repeated', { [itemsKey]: [2, item] });
  addScalars(perScope, { schemaUrl: [3, 'string'] });
  return request;
}

export const EXPORT_REQUESTS: Readonly<Record<OtlpSignal, JsonMessage>> = {
  traces: exportRequest('Spans', 'spans', span),
  metrics: exportRequest('Metrics', 'metrics', metric),
  logs: exportRequest('Logs', 'logRecords', logRecord),
};
