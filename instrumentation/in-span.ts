import { type Context, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api';

/** Under which the API keeps the span of a context: it has no name for it, so it is asked once. */
const SPAN_KEY = spanKey();

/** `parent` with `span` as the span that things are done in: one small object, where the API copies all that `parent` holds. */
export function inSpan(parent: Context, span: Span): Context {
  return new SpanContext(parent, span);
}

class SpanContext implements Context {
  readonly #parent: Context;
  readonly #span: Span;

  constructor(parent: Context, span: Span) {
    this.#parent = parent;
    this.#span = span;
  }

  getValue(key: symbol): unknown {
    return key === SPAN_KEY ? this.#span : this.#parent.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return this.#parent.setValue(SPAN_KEY, this.#span).setValue(key, value);
  }

  deleteValue(key: symbol): Context {
    return this.#parent.setValue(SPAN_KEY, this.#span).deleteValue(key);
  }
}

function spanKey(): symbol {
  let asked: symbol | undefined;
  const listening: Context = {
    getValue: () => undefined,
    setValue: (key) => {
      asked = key;
      return ROOT_CONTEXT;
    },
    deleteValue: () => ROOT_CONTEXT,
  };
  trace.setSpanContext(listening, { traceId: '', spanId: '', traceFlags: 0 });
  if (asked === undefined) throw new Error('the OpenTelemetry API keeps no span in a context');
  return asked;
}
