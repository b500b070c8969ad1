import type { ServerView, XdsClient, XdsTypeState } from '#analysis/control-plane/xds-client.ts';
import { XDS_TYPES } from '#telemetry/xds-type.ts';

/** Whether a client's state differs in what a history keeps: ages and small changes of shares run on by themselves. */
export function hasClientChanged(before: XdsClient | undefined, now: XdsClient): boolean {
  return before === undefined || clientKey(before) !== clientKey(now);
}

export function hasServerChanged(before: ServerView | undefined, now: ServerView): boolean {
  return before === undefined || serverKey(before) !== serverKey(now);
}

function clientKey(client: XdsClient): string {
  return JSON.stringify([
    client.verdict,
    client.connected,
    client.isSilent,
    client.restartRisk,
    client.server,
    Math.round(client.noConfigRatio * 4),
    XDS_TYPES.map((type) => typeKey(client.types[type])),
  ]);
}

function typeKey(state: XdsTypeState | undefined): unknown {
  if (state === undefined) return undefined;
  return [state.received, state.acked, state.rejected, state.resources, state.missing, state.empty];
}

function serverKey(server: ServerView): string {
  return JSON.stringify([
    server.instance,
    server.version,
    server.release,
    server.connectedClients,
    server.resources,
    server.nacks,
    server.silentSinceUnixNano !== undefined,
  ]);
}
