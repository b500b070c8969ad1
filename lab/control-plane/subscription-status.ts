import type { Entry } from '#lab/control-plane/view.ts';
import type { XdsType } from '#telemetry/xds-type.ts';

/** The server's view of one type on one stream, for the admin API and CSDS. */
export interface TypeStatus {
  readonly sent?: string;
  readonly sentUnixMs?: number;
  readonly acked?: string;
  readonly ackedUnixMs?: number;
  /** Set while the last version that was sent stands refused. */
  readonly rejected?: string;
  readonly rejectReason?: string;
}

export interface SubscriptionStatus extends TypeStatus {
  readonly names: readonly string[];
  readonly wildcard: boolean;
  /** How many resources it was last told of. */
  readonly held: number;
  /** A push that is not answered yet. */
  readonly outstanding: boolean;
}

/** The resources of one type that a client was told of. */
export interface TypeContents {
  readonly type: XdsType;
  readonly entries: readonly Entry[];
  /** Names that it asked for and that do not exist. */
  readonly missing: readonly string[];
  readonly state: 'sent' | 'acked' | 'refused';
}
