import { isOwnService } from '#analysis/service-map/own-service.ts';
import { type ModeSecond, readModeSeconds } from '#store/call-edges/read-mode-seconds.ts';
import { USERS } from '#telemetry/call-edge.ts';
import { ROUTING_MODES } from '#telemetry/routing-mode.ts';
import { secondOf, type TimeWindow } from '#telemetry/time.ts';
import type { CallHistory } from '#views/live/live-snapshot.ts';
import { database } from './database.ts';

/** Calls between services (users' excluded) second by second; the last second may still be filling. */
export async function loadCallHistory(window: TimeWindow): Promise<CallHistory> {
  return toCallHistory(window, await readHistorySeconds(window));
}

export function readHistorySeconds(window: TimeWindow): Promise<readonly ModeSecond[]> {
  return readModeSeconds(
    database(),
    window,
    ({ client, server }) => client !== USERS && !isOwnService(client) && !isOwnService(server),
  );
}

export function toCallHistory(window: TimeWindow, rows: readonly ModeSecond[]): CallHistory {
  const startSecond = secondOf(window.startUnixNano);
  const last = secondOf((window.endUnixNano - 1n) as TimeWindow['endUnixNano']);
  const seconds = Math.max(0, last - startSecond + 1);
  const inside = rows.filter(({ second }) => second >= startSecond && second <= last);
  const modes = ROUTING_MODES.filter((mode) => inside.some((row) => row.mode === mode));
  const calls = modes.map(() => new Array<number>(seconds).fill(0));
  const errors = new Array<number>(seconds).fill(0);
  for (const row of inside) {
    const at = row.second - startSecond;
    const column = calls[modes.indexOf(row.mode)];
    if (column !== undefined) column[at] = (column[at] ?? 0) + row.calls;
    errors[at] = (errors[at] ?? 0) + row.errors;
  }
  return { startSecond, modes, calls, errors };
}
