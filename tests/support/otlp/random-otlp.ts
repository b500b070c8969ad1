/**
 * Random OTLP requests as plain objects in lower camel case: 64-bit integers are bigints, bytes and ids are Buffers. One
 * such object can be written as protobuf and as OTLP/JSON, which must then mean the same.
 */
export type Roll = () => number;
export type Model = Record<string, unknown>;

const STRINGS = [
  '',
  'GET /song',
  'größer',
  '日本',
  '🎵 a "quoted" \\ line\n\t',
  '\u0001\u2028',
  'x'.repeat(300),
];
const INT64 = [0n, 1n, -1n, 9007199254740993n, -9007199254740993n, 2n ** 63n - 1n, -(2n ** 63n)];
const UINT64 = [0n, 1n, 1544712660000000123n, 9007199254740993n, 2n ** 64n - 1n];
const DOUBLES = [0, -0.5, 1e300, 5e-324, 123456789.125, Number.NaN, Number.POSITIVE_INFINITY];
const UINT32 = [0, 1, 255, 2 ** 31, 2 ** 32 - 1];
const SINT32 = [0, 1, -1, 20, -10, 2 ** 31 - 1, -(2 ** 31)];

function pick<T>(roll: Roll, values: readonly T[]): T {
  return values[Math.floor(roll() * values.length)] as T;
}

function listOf<T>(roll: Roll, most: number, make: () => T): T[] {
  return Array.from({ length: Math.floor(roll() * (most + 1)) }, make);
}

function bytes(roll: Roll, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => Math.floor(roll() * 256)));
}

export function randomTraces(roll: Roll): Model {
  return {
    resourceSpans: listOf(roll, 2, () => ({
      resource: resource(roll),
      scopeSpans: listOf(roll, 2, () => ({
        scope: scope(roll),
        spans: listOf(roll, 4, () => span(roll)),
        schemaUrl: pick(roll, STRINGS),
      })),
      schemaUrl: pick(roll, STRINGS),
    })),
  };
}

export function randomMetrics(roll: Roll): Model {
  return {
    resourceMetrics: listOf(roll, 2, () => ({
      resource: resource(roll),
      scopeMetrics: listOf(roll, 2, () => ({
        scope: scope(roll),
        metrics: listOf(roll, 5, () => metric(roll)),
      })),
      schemaUrl: pick(roll, STRINGS),
    })),
  };
}

function resource(roll: Roll): Model {
  return {
    attributes: attributes(roll),
    droppedAttributesCount: pick(roll, UINT32),
    entityRefs: listOf(roll, 1, () => ({
      type: 'service',
      idKeys: ['service.name'],
      descriptionKeys: listOf(roll, 2, () => pick(roll, STRINGS)),
    })),
  };
}

function scope(roll: Roll): Model {
  return {
    name: pick(roll, STRINGS),
    version: pick(roll, STRINGS),
    attributes: attributes(roll),
    droppedAttributesCount: pick(roll, UINT32),
  };
}

function attributes(roll: Roll): Model[] {
  return listOf(roll, 4, () => ({ key: pick(roll, STRINGS), value: anyValue(roll, 0) }));
}

function anyValue(roll: Roll, depth: number): Model {
  const kinds: ReadonlyArray<() => Model> = [
    () => ({ stringValue: pick(roll, STRINGS) }),
    () => ({ boolValue: roll() < 0.5 }),
    () => ({ intValue: pick(roll, INT64) }),
    () => ({ doubleValue: pick(roll, DOUBLES) }),
    () => ({ bytesValue: bytes(roll, Math.floor(roll() * 9)) }),
    () => ({}),
    () => ({ arrayValue: { values: listOf(roll, 3, () => anyValue(roll, depth + 1)) } }),
    () => ({
      kvlistValue: {
        values: listOf(roll, 3, () => ({
          key: pick(roll, STRINGS),
          value: anyValue(roll, depth + 1),
        })),
      },
    }),
  ];
  return pick(roll, depth > 3 ? kinds.slice(0, 6) : kinds)();
}

export function span(roll: Roll): Model {
  return {
    traceId: bytes(roll, 16),
    spanId: bytes(roll, 8),
    traceState: pick(roll, STRINGS),
    parentSpanId: roll() < 0.3 ? Buffer.alloc(0) : bytes(roll, 8),
    flags: pick(roll, UINT32),
    name: pick(roll, STRINGS),
    kind: Math.floor(roll() * 6),
    startTimeUnixNano: pick(roll, UINT64),
    endTimeUnixNano: pick(roll, UINT64),
    attributes: attributes(roll),
    droppedAttributesCount: pick(roll, UINT32),
    events: listOf(roll, 2, () => ({
      timeUnixNano: pick(roll, UINT64),
      name: pick(roll, STRINGS),
      attributes: attributes(roll),
      droppedAttributesCount: 1,
    })),
    droppedEventsCount: pick(roll, UINT32),
    links: listOf(roll, 2, () => ({
      traceId: bytes(roll, 16),
      spanId: bytes(roll, 8),
      traceState: pick(roll, STRINGS),
      attributes: attributes(roll),
      droppedAttributesCount: 2,
      flags: pick(roll, UINT32),
    })),
    droppedLinksCount: pick(roll, UINT32),
    status: { message: pick(roll, STRINGS), code: Math.floor(roll() * 3) },
  };
}

function metric(roll: Roll): Model {
  const point = () => ({
    attributes: attributes(roll),
    startTimeUnixNano: pick(roll, UINT64),
    timeUnixNano: pick(roll, UINT64),
    flags: pick(roll, UINT32),
  });
  const exemplars = () =>
    listOf(roll, 2, () => ({
      filteredAttributes: attributes(roll),
      timeUnixNano: pick(roll, UINT64),
      ...number(roll),
      spanId: bytes(roll, 8),
      traceId: bytes(roll, 16),
    }));
  const numbers = () =>
    listOf(roll, 3, () => ({ ...point(), ...number(roll), exemplars: exemplars() }));
  const range = () =>
    roll() < 0.5
      ? {}
      : { sum: pick(roll, DOUBLES), min: pick(roll, DOUBLES), max: pick(roll, DOUBLES) };
  const buckets = () => ({
    offset: pick(roll, SINT32),
    bucketCounts: listOf(roll, 5, () => pick(roll, UINT64)),
  });
  const data: ReadonlyArray<() => Model> = [
    () => ({ gauge: { dataPoints: numbers() } }),
    () => ({
      sum: { dataPoints: numbers(), aggregationTemporality: 2, isMonotonic: roll() < 0.5 },
    }),
    () => ({
      histogram: {
        aggregationTemporality: 1,
        dataPoints: listOf(roll, 2, () => ({
          ...point(),
          ...range(),
          count: pick(roll, UINT64),
          bucketCounts: listOf(roll, 5, () => pick(roll, UINT64)),
          explicitBounds: listOf(roll, 4, () => pick(roll, DOUBLES)),
          exemplars: exemplars(),
        })),
      },
    }),
    () => ({
      exponentialHistogram: {
        aggregationTemporality: 2,
        dataPoints: listOf(roll, 2, () => ({
          ...point(),
          ...range(),
          count: pick(roll, UINT64),
          scale: pick(roll, SINT32),
          zeroCount: pick(roll, UINT64),
          positive: buckets(),
          negative: buckets(),
          exemplars: exemplars(),
          zeroThreshold: pick(roll, DOUBLES),
        })),
      },
    }),
    () => ({
      summary: {
        dataPoints: listOf(roll, 2, () => ({
          ...point(),
          count: pick(roll, UINT64),
          sum: pick(roll, DOUBLES),
          quantileValues: listOf(roll, 3, () => ({ quantile: roll(), value: pick(roll, DOUBLES) })),
        })),
      },
    }),
  ];
  return {
    name: pick(roll, STRINGS),
    description: pick(roll, STRINGS),
    unit: 'By',
    metadata: attributes(roll),
    ...pick(roll, data)(),
  };
}

function number(roll: Roll): Model {
  return roll() < 0.5 ? { asInt: pick(roll, INT64) } : { asDouble: pick(roll, DOUBLES) };
}

/** As protobufjs wants it: decimal strings for bigints. */
export function toProtoObject(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(toProtoObject);
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, toProtoObject(inner)]),
  );
}

const IDS = new Set(['traceId', 'spanId', 'parentSpanId']);

/** OTLP/JSON text. `roll` decides what the encoding leaves open: quotes around 64-bit integers, case of hex, white space. */
export function toOtlpJson(value: unknown, roll: Roll = () => 0, key = ''): string {
  if (typeof value === 'bigint') return roll() < 0.5 ? `"${value}"` : `${value}`;
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : `"${value}"`;
  if (Buffer.isBuffer(value)) return toText(value, key, roll);
  const space = roll() < 0.8 ? '' : ' \n\t';
  if (Array.isArray(value))
    return `[${space}${value.map((inner) => toOtlpJson(inner, roll, key)).join(`,${space}`)}${space}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, inner]) => `${JSON.stringify(name)}${space}:${toOtlpJson(inner, roll, name)}`,
  );
  return `{${space}${members.join(`${space},`)}${space}}`;
}

function toText(value: Buffer, key: string, roll: Roll): string {
  if (!IDS.has(key)) return `"${value.toString('base64')}"`;
  const hex = value.toString('hex');
  return `"${roll() < 0.5 ? hex : hex.toUpperCase()}"`;
}
