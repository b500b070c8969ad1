import type { Incident } from '#analysis/incident/incident.ts';
import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import type { ServiceMap } from '#analysis/service-map/service-map.ts';
import type { RoutingMode } from '#telemetry/routing-mode.ts';
import type { UnixNano, UnixSecond } from '#telemetry/time.ts';

/** Calls between services, second by second. `calls[m][s]` are those by `modes[m]` in second `startSecond + s`. */
export interface CallHistory {
  readonly startSecond: UnixSecond;
  readonly modes: readonly RoutingMode[];
  readonly calls: readonly (readonly number[])[];
  readonly errors: readonly number[];
}

/** What one event of the live stream says: everything the live screens draw, from one snapshot. */
export interface LiveSnapshot {
  readonly map: ServiceMap;
  readonly history: CallHistory;
  /** Newest first. */
  readonly openIncidents: readonly Incident[];
  /** Of the window of `history`, ascending. */
  readonly shifts: readonly RoutingShift[];
  readonly freshness: {
    readonly spans: number;
    readonly latestSpanUnixNano?: UnixNano;
    readonly latestMetricUnixNano?: UnixNano;
  };
  /** The server's clock as the snapshot was taken: ages are counted from it. */
  readonly takenUnixNano: UnixNano;
  /** Databases that gave no part of it; absent when it is whole. */
  readonly missing?: readonly string[];
}
