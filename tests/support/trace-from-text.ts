import { type Span, spanId, traceId } from '#telemetry/span.ts';
import { unixNano } from '#telemetry/time.ts';

/**
 * A trace as a picture: one line a span, indented under its parent, the bar from `|` to `|` with one column a unit of
 * time. The name is the service and, in lower case letters, the span id.
 *
 *   gateway      |=============|
 *     playlist      |==|
 */
export function traceFromText(picture: string, unitNs = 1): readonly Span[] {
  const open: { indent: number; id: string }[] = [];
  return picture
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, index) => {
      const name = line.trim().split(/\s/)[0] ?? '';
      const indent = line.search(/\S/);
      while ((open.at(-1)?.indent ?? -1) >= indent) open.pop();
      const parent = open.at(-1)?.id;
      const id = (index + 1).toString(16).padStart(16, '0');
      open.push({ indent, id });
      return toSpan(name, id, parent, line.indexOf('|') * unitNs, line.lastIndexOf('|') * unitNs);
    });
}

function toSpan(
  service: string,
  id: string,
  parent: string | undefined,
  start: number,
  end: number,
): Span {
  return {
    traceId: traceId('1'.repeat(32)),
    spanId: spanId(id),
    ...(parent === undefined ? {} : { parentSpanId: spanId(parent) }),
    traceState: '',
    service,
    instance: `${service}-1`,
    name: service,
    kind: 'internal',
    status: 'unset',
    statusMessage: '',
    startUnixNano: unixNano(BigInt(start)),
    endUnixNano: unixNano(BigInt(end)),
    attributes: new Map(),
    resource: new Map(),
    scopeName: '',
    scopeVersion: '',
    events: [],
    links: [],
  };
}
