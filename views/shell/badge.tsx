import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

export type Tone = 'neutral' | 'ok' | 'warn' | 'crit' | 'mesh' | 'dns' | 'accent';

const TONES: Readonly<Record<Tone, string>> = {
  neutral: 'border-edge text-muted',
  ok: 'border-ok-edge bg-ok-fill text-ok-text',
  warn: 'border-warn-edge bg-warn-fill text-warn-text',
  crit: 'border-crit-edge bg-crit-fill text-crit-text',
  mesh: 'border-mesh-edge bg-mesh-fill text-mesh-text',
  dns: 'border-dns-edge bg-dns-fill text-dns-text',
  accent: 'border-accent bg-accent-fill text-accent',
};

/** A word with a tint: state, mode, severity. */
export function Badge({
  tone = 'neutral',
  round = false,
  className,
  children,
}: {
  readonly tone?: Tone;
  /** The pill of the header. */
  readonly round?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}) {
  return (
    <span
      className={classNames(
        'inline-flex items-center gap-1 whitespace-nowrap border',
        round ? 'h-[26px] rounded-full px-2.5 text-sm' : 'h-[19px] rounded-[5px] px-1.5 text-xs',
        TONES[tone],
        className,
      )}
    >
      {children}
    </span>
  );
}
