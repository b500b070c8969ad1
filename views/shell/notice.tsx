import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

/** A full-width strip for what is partial, stale or refused. It never covers anything. */
export function Notice({
  tone = 'warn',
  action,
  children,
}: {
  readonly tone?: 'warn' | 'crit';
  readonly action?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div
      role="status"
      className={`flex min-h-8 items-center gap-2 border-b px-4 py-1 text-sm ${
        tone === 'crit'
          ? 'border-crit-edge bg-crit-fill text-crit-text'
          : 'border-warn-edge bg-warn-fill text-warn-text'
      }`}
    >
      <TriangleAlert size={14} aria-hidden className="shrink-0" />
      <span>{children}</span>
      {action !== undefined && <span className="ml-auto">{action}</span>}
    </div>
  );
}
