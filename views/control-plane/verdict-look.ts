import { Ban, Check, Hourglass, Link2Off, type LucideIcon, Undo2, Unplug, X } from 'lucide-react';
import type { XdsClientVerdict } from '#analysis/control-plane/xds-client.ts';

export type VerdictTone = 'ok' | 'warn' | 'crit' | 'quiet';

export interface VerdictLook {
  readonly word: string;
  /** Beside a name, where there is little room. */
  readonly short: string;
  /** After a number: "2 failing". */
  readonly counted: string;
  readonly tone: VerdictTone;
  readonly Icon: LucideIcon;
}

const LOOKS: Readonly<Record<XdsClientVerdict, VerdictLook>> = {
  failing: {
    word: 'Acked, failing',
    short: 'names gone',
    counted: 'failing',
    tone: 'crit',
    Icon: Ban,
  },
  stuck: { word: 'Stuck', short: 'stuck', counted: 'stuck', tone: 'crit', Icon: Link2Off },
  rejected: {
    word: 'Refused a version',
    short: 'refused',
    counted: 'refused',
    tone: 'crit',
    Icon: X,
  },
  'stream-lost': {
    word: 'Stream lost, on cache',
    short: 'stream lost',
    counted: 'without stream',
    tone: 'warn',
    Icon: Unplug,
  },
  'names-gone': {
    word: 'Names gone, not used',
    short: 'gone, unused',
    counted: 'lack unused names',
    tone: 'quiet',
    Icon: Ban,
  },
  'not-acked': {
    word: 'Not acknowledged',
    short: 'not acked',
    counted: 'unanswered',
    tone: 'warn',
    Icon: Hourglass,
  },
  'older-version': {
    word: 'Older version',
    short: 'older version',
    counted: 'on an older version',
    tone: 'warn',
    Icon: Undo2,
  },
  'never-connected': {
    word: 'Never connected',
    short: 'never connected',
    counted: 'never connected',
    tone: 'crit',
    Icon: Unplug,
  },
  'in-sync': { word: 'In sync', short: 'in sync', counted: 'in sync', tone: 'ok', Icon: Check },
};

/** Worst first, as the table and the filters list them. */
export const VERDICT_ORDER: readonly XdsClientVerdict[] = [
  'failing',
  'stuck',
  'rejected',
  'never-connected',
  'stream-lost',
  'not-acked',
  'older-version',
  'names-gone',
  'in-sync',
];

export const VERDICT_TEXT: Readonly<Record<VerdictTone, string>> = {
  ok: 'text-ok',
  warn: 'text-warn',
  crit: 'text-crit',
  quiet: 'text-dim',
};

export function verdictLook(verdict: XdsClientVerdict): VerdictLook {
  return LOOKS[verdict];
}

/** The verdict that a whole service shows; undefined when it has no client. */
export function worstVerdict(
  clients: readonly { readonly verdict: XdsClientVerdict }[],
): XdsClientVerdict | undefined {
  return VERDICT_ORDER.find((verdict) => clients.some((client) => client.verdict === verdict));
}
