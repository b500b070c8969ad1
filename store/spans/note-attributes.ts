import type pg from 'pg';
import { attributeText } from '#telemetry/attribute-text.ts';
import { readSpans } from '#telemetry/otlp/read-spans.ts';
import type { Attributes, AttributeValue } from '#telemetry/span.ts';
import type { SpanBatch } from '#telemetry/span-batch.ts';
import { toPgText } from '../pg-text.ts';

/** One span in so many is looked at, and of many spans about so many: what repeats is among them. */
const SAMPLE = 20;
const SAMPLED_SPANS = 500;
/** A key with more values than this in one sample is an id, of which nobody picks one from a list. */
const MAX_VALUES = 50;
const MAX_VALUE_CHARACTERS = 100;

/** What was noted is noted again after so long: it is forgotten after days. */
const NOTED_SECONDS = 600;

/** Notes keys and values of a sample of spans, for completion. */
export async function noteAttributes(
  client: pg.ClientBase,
  batches: readonly SpanBatch[],
  second: number,
): Promise<void> {
  const values = new Map<string, Set<string>>();
  const spans = batches.reduce((sum, { count }) => sum + count, 0);
  const step = Math.max(SAMPLE, Math.floor(spans / SAMPLED_SPANS));
  let number = 0;
  for (const { bytes } of batches) {
    for (const span of readSpans(bytes, () => number++ % step === 0)) {
      collect(span.attributes, values);
      collect(span.resource, values);
    }
  }
  const pairs = [...values].flatMap(([key, texts]) =>
    // A key of many values is known by its name alone.
    texts.size > MAX_VALUES ? [[key, '']] : [...texts].map((text) => [key, text]),
  );
  await client.query(
    `insert into attribute_value (key, value, last_second)
     select key, value, $3 from unnest($1::text[], $2::text[]) as pair (key, value) order by key, value
     on conflict (key, value) do update set last_second = excluded.last_second
     where attribute_value.last_second < excluded.last_second - $4`,
    [pairs.map(([key]) => key), pairs.map(([, text]) => text), second, NOTED_SECONDS],
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
