import { isOwnService } from '#analysis/service-map/build-service-map.ts';
import { readCallEdgeSeconds } from '#store/call-edges/read-call-edges.ts';
import { type CallEdgeSecond, USERS } from '#telemetry/call-edge.ts';
import { ROUTING_MODES } from '#telemetry/routing-mode.ts';
import { secondOf, type TimeWindow } from '#telemetry/time.ts';
import type { CallHistory } from '#views/live/live-snapshot.ts';
import { database } from './database.ts';

/** Calls between services (users' excluded) second by second; the last second may still be filling. */
export async function loadCallHistory(window: TimeWindow): Promise<CallHistory> {
  return toCallHistory(window, await readCallEdgeSeconds(database(), window));
}

export function toCallHistory(window: TimeWindow, edges: readonly CallEdgeSecond[]): CallHistory {
  const startSecond = secondOf(window.startUnixNano);
  const last = secondOf((window.endUnixNano - 1n) as TimeWindow['endUnixNano']);
  const seconds = Math.max(0, last - startSecond + 1);
  const inside = edges.filter(
    (edge) =>
      edge.second >= startSecond &&
      edge.second <= last &&
      edge.client !== USERS &&
      !isOwnService(edge.client) &&
      !isOwnService(edge.server),
  );
  const modes = ROUTING_MODES.filter((mode) => inside.some((edge) => edge.mode === mode));
  const calls = modes.map(() => new Array<number>(seconds).fill(0));
  const errors = new Array<number>(seconds).fill(0);
  for (const edge of inside) {
    const at = edge.second - startSecond;
    const column = calls[modes.indexOf(edge.mode)];
    if (column !== undefined) column[at] = (column[at] ?? 0) + edge.calls;
    errors[at] = (errors[at] ?? 0) + edge.errors;
  }
  return { startSecond, modes, calls, errors };
}
