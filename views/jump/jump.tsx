'use client';

import { Search } from 'lucide-react';
import {
  createContext,
  type ReactNode,
  use,
  useCallback,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import { Kbd } from '#views/shell/kbd.tsx';
import { useKeys } from '#views/shell/keys.tsx';
import { JumpDialog } from './jump-dialog.tsx';

const OpenContext = createContext<() => void>(() => undefined);

/** Makes the list of places reachable from everywhere below it, by key and by button. */
export function JumpProvider({ children }: { readonly children: ReactNode }) {
  const [isOpen, setIsOpen] = useState(false);
  const open = useCallback(() => setIsOpen(true), []);
  useKeys(
    'Screens',
    useMemo(() => [{ keys: 'mod+k', label: 'Jump to anything', run: open }], [open]),
  );
  return (
    <OpenContext value={open}>
      {children}
      {isOpen && <JumpDialog onClose={() => setIsOpen(false)} />}
    </OpenContext>
  );
}

export function JumpButton() {
  const open = use(OpenContext);
  const isMac = useSyncExternalStore(never, readIsMac, () => false);
  return (
    <button
      type="button"
      onClick={open}
      aria-label="Jump to"
      aria-keyshortcuts="Control+K Meta+K"
      className="inline-flex h-8 items-center gap-2 rounded-lg border border-edge px-2.5 text-muted text-sm transition-colors duration-150 hover:border-dim hover:text-fg"
    >
      <Search size={14} aria-hidden />
      <span className="hidden min-[1200px]:inline">Jump to…</span>
      <span className="hidden min-[1100px]:inline" aria-hidden>
        <Kbd>{isMac ? '⌘K' : 'ctrl K'}</Kbd>
      </span>
    </button>
  );
}

/** What a machine is does not change. */
function never(): () => void {
  return () => undefined;
}

function readIsMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}
