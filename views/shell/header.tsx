import type { ReactNode } from 'react';
import { JumpButton } from '#views/jump/jump.tsx';

/** The 52 px bar on top of every screen: what this is on the left, time and jumps on the right. */
export function Header({
  title,
  children,
  right,
}: {
  readonly title: ReactNode;
  /** Badges beside the title. */
  readonly children?: ReactNode;
  readonly right?: ReactNode;
}) {
  return (
    <header className="flex h-[52px] shrink-0 items-center gap-3 border-line border-b bg-panel px-4">
      <h1 className="shrink-0 font-semibold text-[15px] leading-5">{title}</h1>
      <div className="flex min-w-0 flex-1 items-center gap-2 overflow-hidden">{children}</div>
      <div className="flex shrink-0 items-center gap-2">
        {right}
        <JumpButton />
      </div>
    </header>
  );
}
