import { attributeText } from '#telemetry/attribute-text.ts';
import type { Attributes, Span } from '#telemetry/span.ts';

/** Everything else about one span, as text: what the drawer shows. */
export interface SpanDetails {
  readonly spanId: string;
  readonly scope: string;
  readonly statusMessage: string;
  readonly traceState: string;
  readonly attributes: readonly Field[];
  readonly resource: readonly Field[];
  readonly events: readonly {
    /** Decimal, as JSON holds 64 bits. */
    readonly unixNano: string;
    readonly name: string;
    readonly attributes: readonly Field[];
  }[];
  readonly links: readonly {
    readonly traceId: string;
    readonly spanId: string;
    readonly attributes: readonly Field[];
  }[];
}

export type Field = readonly [key: string, value: string];

export function toSpanDetails(span: Span): SpanDetails {
  return {
    spanId: span.spanId,
    scope: [span.scopeName, span.scopeVersion].filter((part) => part !== '').join(' '),
    statusMessage: span.statusMessage,
    traceState: span.traceState,
    attributes: toFields(span.attributes),
    resource: toFields(span.resource),
    events: span.events.map((event) => ({
      unixNano: event.unixNano.toString(),
      name: event.name,
      attributes: toFields(event.attributes),
    })),
    links: span.links.map((link) => ({
      traceId: link.traceId,
      spanId: link.spanId,
      attributes: toFields(link.attributes),
    })),
  };
}

/** By key, so that two spans are compared at a glance. */
function toFields(attributes: Attributes): readonly Field[] {
  return [...attributes]
    .map(([key, value]): Field => [key, attributeText(value)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** One line of the list of all events. */
export interface TraceEvent {
  readonly row: number;
  readonly offsetNs: number;
  readonly name: string;
  readonly text: string;
  readonly isException: boolean;
}

/** The events of all spans, oldest first, at most `limit`. */
export function toTraceEvents(
  spans: readonly Span[],
  startUnixNano: bigint,
  rowOf: (spanId: string) => number,
  limit: number,
): { readonly events: readonly TraceEvent[]; readonly total: number } {
  const all = spans.flatMap((span) => span.events.map((event) => ({ span, event })));
  all.sort((a, b) => Number(a.event.unixNano - b.event.unixNano));
  const events = all.slice(0, limit).map(({ span, event }) => ({
    row: rowOf(span.spanId),
    offsetNs: Number(event.unixNano - startUnixNano),
    name: event.name,
    text: toFields(event.attributes)
      .map(([key, value]) => `${key}=${value}`)
      .join('  '),
    isException: event.name === 'exception',
  }));
  return { events, total: all.length };
}
