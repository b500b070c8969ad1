import { performance } from 'node:perf_hooks';
import {
  type Attributes,
  type AttributeValue,
  diag,
  type Exception,
  type HrTime,
  type Link,
  type Span,
  type SpanContext,
  type SpanKind,
  type SpanStatus,
  SpanStatusCode,
  type TimeInput,
} from '@opentelemetry/api';

/** Of one span, as the specification sets them (sdk.md, "Span Limits"). */
const COUNT_LIMIT = 128;

export interface SpanEvent {
  readonly name: string;
  readonly time: HrTime;
  readonly attributes: Attributes;
}

/** What a span says of itself when it is written. */
export interface EndedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly context: SpanContext;
  readonly parent: SpanContext | undefined;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  /** Frozen, and shared by many spans; undefined when there are none of that kind. */
  readonly shared: Attributes | undefined;
  /** Key, value, key, value, …: what is not shared. */
  readonly attributes: readonly (string | AttributeValue)[];
  readonly droppedAttributes: number;
  readonly events: readonly SpanEvent[];
  readonly droppedEvents: number;
  readonly links: readonly Link[];
  readonly droppedLinks: number;
  readonly status: SpanStatus;
}

const NONE: readonly never[] = [];
const UNSET: SpanStatus = { code: SpanStatusCode.UNSET };

/**
 * A span as the SDK's own, field by field, kept as little as it can be: attributes in one flat list, and those that the
 * caller has frozen not at all, for they are written once and copied. `onEnd` gets it when it has ended.
 */
export class LeanSpan implements Span, EndedSpan {
  name: string;
  readonly kind: SpanKind;
  readonly context: SpanContext;
  readonly parent: SpanContext | undefined;
  readonly startTime: HrTime;
  endTime: HrTime = [0, 0];
  shared: Attributes | undefined;
  readonly attributes: (string | AttributeValue)[] = [];
  droppedAttributes = 0;
  events: SpanEvent[] | typeof NONE = NONE;
  droppedEvents = 0;
  links: Link[] | typeof NONE = NONE;
  droppedLinks = 0;
  status: SpanStatus = UNSET;
  readonly #onEnd: (span: EndedSpan) => void;
  /** On the monotonic clock, where the start is now; undefined where the caller named it. */
  readonly #startMs: number | undefined;
  #hasEnded = false;

  constructor(
    name: string,
    kind: SpanKind,
    context: SpanContext,
    parent: SpanContext | undefined,
    startTime: TimeInput | undefined,
    onEnd: (span: EndedSpan) => void,
  ) {
    this.name = name;
    this.kind = kind;
    this.context = context;
    this.parent = parent;
    this.#startMs = startTime === undefined ? performance.now() : undefined;
    this.startTime = startTime === undefined ? fromMs(Date.now()) : toHrTime(startTime);
    this.#onEnd = onEnd;
  }

  spanContext(): SpanContext {
    return this.context;
  }

  isRecording(): boolean {
    return !this.#hasEnded;
  }

  setAttribute(key: string, value: AttributeValue): this {
    if (this.#hasEnded || key === '' || !isAttributeValue(value)) return this;
    if (this.shared && key in this.shared) this.#unshare();
    const list = this.attributes;
    for (let at = 0; at < list.length; at += 2) {
      if (list[at] !== key) continue;
      list[at + 1] = value;
      return this;
    }
    if (list.length >= 2 * COUNT_LIMIT) this.droppedAttributes += 1;
    else list.push(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    if (this.attributes.length === 0 && !this.shared && Object.isFrozen(attributes)) {
      this.shared = attributes;
      return this;
    }
    for (const key in attributes) {
      const value = attributes[key];
      if (value !== undefined) this.setAttribute(key, value);
    }
    return this;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.#hasEnded) return this;
    const isTime = isTimeInput(attributesOrTime);
    if (this.events === NONE) this.events = [];
    const events = this.events as SpanEvent[];
    if (events.length >= COUNT_LIMIT) {
      events.shift();
      this.droppedEvents += 1;
    }
    events.push({
      name,
      time: this.#instant(isTime ? attributesOrTime : time),
      attributes: isTime || !attributesOrTime ? {} : { ...attributesOrTime },
    });
    return this;
  }

  addLink(link: Link): this {
    if (this.#hasEnded) return this;
    if (this.links === NONE) this.links = [];
    const links = this.links as Link[];
    if (links.length >= COUNT_LIMIT) {
      links.shift();
      this.droppedLinks += 1;
    }
    links.push({ context: link.context, attributes: { ...link.attributes } });
    return this;
  }

  addLinks(links: Link[]): this {
    for (const link of links) this.addLink(link);
    return this;
  }

  /** OK is the last word, and UNSET is none (trace/api.md, "Set Status"). */
  setStatus(status: SpanStatus): this {
    if (this.#hasEnded || status.code === SpanStatusCode.UNSET) return this;
    if (this.status.code === SpanStatusCode.OK) return this;
    const hasMessage = status.code === SpanStatusCode.ERROR && status.message !== undefined;
    this.status = hasMessage ? status : { code: status.code };
    return this;
  }

  updateName(name: string): this {
    if (!this.#hasEnded) this.name = name;
    return this;
  }

  recordException(exception: Exception, time?: TimeInput): void {
    const said =
      typeof exception === 'string'
        ? { 'exception.message': exception }
        : {
            'exception.type': exception.code?.toString() ?? exception.name,
            'exception.message': exception.message,
            'exception.stacktrace': exception.stack,
          };
    const attributes: Attributes = {};
    for (const [key, value] of Object.entries(said)) if (value) attributes[key] = value;
    this.addEvent('exception', attributes, time);
  }

  end(endTime?: TimeInput): void {
    if (this.#hasEnded) return void diag.warn(`the span ${this.name} was ended twice`);
    this.#hasEnded = true;
    const end = this.#instant(endTime);
    this.endTime = isBefore(end, this.startTime) ? this.startTime : end;
    this.#onEnd(this);
  }

  /** A clock that is set meanwhile must not change how long something took: hence the monotonic one. */
  #instant(time: TimeInput | undefined): HrTime {
    if (time !== undefined) return toHrTime(time);
    if (this.#startMs === undefined) return fromMs(Date.now());
    return later(this.startTime, performance.now() - this.#startMs);
  }

  #unshare(): void {
    const { shared } = this;
    this.shared = undefined;
    const own = this.attributes.splice(0);
    for (const key in shared) {
      const value = shared[key];
      if (value !== undefined) this.attributes.push(key, value);
    }
    this.attributes.push(...own);
  }
}

function fromMs(ms: number): HrTime {
  return [Math.trunc(ms / 1000), Math.round((ms % 1000) * 1e6)];
}

function later([seconds, nanos]: HrTime, ms: number): HrTime {
  const sum = nanos + Math.round(ms * 1e6);
  return [seconds + Math.floor(sum / 1e9), sum % 1e9];
}

/** A small number is on the monotonic clock, a large one in ms since the epoch (api/src/common/Time.ts). */
function toHrTime(time: TimeInput): HrTime {
  if (Array.isArray(time)) return time;
  if (time instanceof Date) return fromMs(time.getTime());
  if (time > performance.now()) return fromMs(time);
  return later(fromMs(performance.timeOrigin), time);
}

function isTimeInput(value: Attributes | TimeInput | undefined): value is TimeInput {
  return typeof value === 'number' || value instanceof Date || Array.isArray(value);
}

/** Nothing else has a form in OTLP that every receiver reads. */
function isAttributeValue(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return true;
    default:
      return Array.isArray(value);
  }
}

function isBefore(a: HrTime, b: HrTime): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}
