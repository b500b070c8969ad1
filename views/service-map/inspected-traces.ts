import type { ServiceEdge } from '#analysis/service-map/service-map.ts';
import type { TimeWindow } from '#telemetry/time.ts';
import { nodeName } from './describe-edge.ts';

/** Which traces the inspector leads to: those of the time on the screen, where that is not the present. */
export interface TracesAsked {
  readonly onlyFailed: boolean;
  readonly past: TimeWindow | undefined;
}

export function tracesOfNode(service: string, asked: TracesAsked): string {
  const query = new URLSearchParams({ service });
  if (asked.onlyFailed) query.set('status', 'error');
  return hrefOf(query, asked.past);
}

/** The mode of the failures is part of the question: it is what tells them apart. */
export function tracesOfEdge(edge: ServiceEdge, asked: TracesAsked): string {
  const query = new URLSearchParams({ service: nodeName(edge.client) });
  if (asked.onlyFailed) query.set('status', 'error');
  const worst = edge.byMode.toSorted((a, b) => b.errors - a.errors)[0];
  if (asked.onlyFailed && worst !== undefined) query.set('mode', worst.mode);
  return hrefOf(query, asked.past);
}

function hrefOf(query: URLSearchParams, past: TimeWindow | undefined): string {
  if (past !== undefined) {
    query.set('from', String(past.startUnixNano));
    query.set('to', String(past.endUnixNano));
  }
  return `/traces?${query}`;
}
