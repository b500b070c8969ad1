import { seededRandom } from '#tests/support/seeded-random.ts';
import { encodeRequest } from './otlp-messages.ts';
import { type Model, span, toProtoObject } from './random-otlp.ts';

export const RESOURCE = { attributes: [{ key: 'service.name', value: { stringValue: 'song' } }] };

export function tracesOf(spans: readonly Model[]): Model {
  return {
    resourceSpans: [
      { resource: RESOURCE, scopeSpans: [{ scope: { name: 'test', version: '1' }, spans }] },
    ],
  };
}

/** Spans of every shape, in one new trace. */
export function someSpans(count: number, id: Buffer): readonly Model[] {
  const roll = seededRandom(count);
  return Array.from({ length: count }, () => ({
    ...span(roll),
    traceId: id,
    startTimeUnixNano: 1544712660000000123n,
    endTimeUnixNano: 1544712661000000456n,
  }));
}

export function protobufOf(model: Model): Buffer {
  return encodeRequest('traces', toProtoObject(model) as object);
}
