import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

/** A bordered section with a heading row. */
export function Panel({
  title,
  hint,
  actions,
  tone = 'plain',
  isLongTitle = false,
  className,
  children,
}: {
  readonly title: ReactNode;
  /** A few quiet words beside the title. */
  readonly hint?: ReactNode;
  readonly actions?: ReactNode;
  readonly tone?: 'plain' | 'critical';
  /** A sentence: it takes two lines before it is cut. */
  readonly isLongTitle?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}) {
  return (
    <section
      className={classNames(
        'flex min-h-0 flex-col overflow-hidden rounded-[9px] border bg-panel',
        tone === 'critical' ? 'border-crit-edge' : 'border-line',
        className,
      )}
    >
      <div className="flex min-h-10 shrink-0 items-center gap-2 border-line border-b px-3.5 py-1.5">
        <h2
          className={classNames(
            'min-w-0 font-semibold text-[13.5px]',
            isLongTitle ? 'line-clamp-2 text-balance leading-[17px]' : 'truncate',
          )}
        >
          {title}
        </h2>
        {hint !== undefined && (
          <div className="min-w-0 shrink-[99] truncate text-muted text-xs">{hint}</div>
        )}
        {actions !== undefined && (
          <div className="ml-auto flex shrink-0 items-center gap-2">{actions}</div>
        )}
      </div>
      {children}
    </section>
  );
}
