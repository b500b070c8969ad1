import type pg from 'pg';
import { attributeText } from '#telemetry/attribute-text.ts';
import { readSpans } from '#telemetry/otlp/read-spans.ts';
import type { Attributes, AttributeValue } from '#telemetry/span.ts';
import { toPgText } from '../pg-text.ts';

/** One span in so many is looked at. */
const SAMPLE = 20;
/** A key with more values than this in one sample is an id, of which nobody picks one from a list. */
const MAX_VALUES = 50;
const MAX_VALUE_CHARACTERS = 100;

/** Notes keys and values of a sample of spans, for completion. `bytes` is OTLP TracesData. */
export async function noteAttributes(
  client: pg.ClientBase,
  bytes: Uint8Array,
  second: number,
): Promise<void> {
  const values = new Map<string, Set<string>>();
  let number = 0;
  for (const span of readSpans(bytes, () => number++ % SAMPLE === 0)) {
    collect(span.attributes, values);
    collect(span.resource, values);
  }
  const pairs = [...values].flatMap(([key, texts]) =>
    // A key of many values is known by its name alone.
    texts.size > MAX_VALUES ? [[key, '']] : [...texts].map((text) => [key, text]),
  );
  await client.query(
    `insert into attribute_value (key, value, last_second)
     select key, value, $3 from unnest($1::text[], $2::text[]) as pair (key, value) order by key, value
     on conflict (key, value) do update set last_second = greatest(attribute_value.last_second, excluded.last_second)`,
    [pairs.map(([key]) => key), pairs.map(([, text]) => text), second],
  );
}

function collect(attributes: Attributes, into: Map<string, Set<string>>): void {
  for (const [key, value] of attributes) {
    const name = toPgText(key);
    const texts = into.get(name) ?? new Set<string>();
    into.set(name, texts);
    texts.add(shortText(value));
  }
}

function shortText(value: AttributeValue): string {
  return toPgText(attributeText(value)).slice(0, MAX_VALUE_CHARACTERS);
}
