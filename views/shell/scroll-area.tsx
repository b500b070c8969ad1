import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

/** A part of the page that scrolls by itself, and can be reached to do so by keyboard (WCAG 2.1.1). */
export function ScrollArea({
  name,
  className,
  children,
}: {
  readonly name: string;
  readonly className?: string;
  readonly children: ReactNode;
}) {
  return (
    <section
      aria-label={name}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: without the focus a keyboard cannot scroll it
      tabIndex={0}
      className={classNames('min-h-0 flex-1 overflow-auto', className)}
    >
      {children}
    </section>
  );
}
