import type { ReactNode } from 'react';

/** Nothing to show: why, and one thing to do about it. */
export function EmptyState({
  icon,
  title,
  children,
  action,
}: {
  readonly icon?: ReactNode;
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <div className="grid h-full min-h-48 place-items-center p-8">
      <div className="max-w-md text-center">
        {icon !== undefined && (
          <div
            className="mx-auto mb-3 grid size-10 place-items-center rounded-xl border border-edge bg-raise text-muted"
            aria-hidden
          >
            {icon}
          </div>
        )}
        <p className="font-semibold text-[15px] leading-5">{title}</p>
        {children !== undefined && <div className="mt-1.5 text-muted">{children}</div>}
        {action !== undefined && <div className="mt-4 flex justify-center gap-2">{action}</div>}
      </div>
    </div>
  );
}
