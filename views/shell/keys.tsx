'use client';

import {
  createContext,
  type ReactNode,
  use,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { KeyList } from './key-list.tsx';
import { type KeyBinding, matchKeys, type WaitingKey } from './match-keys.ts';

interface Registry {
  readonly register: (group: string, bindings: readonly KeyBinding[]) => () => void;
  readonly showList: () => void;
}

const RegistryContext = createContext<Registry | undefined>(undefined);

export function KeysProvider({ children }: { readonly children: ReactNode }) {
  const groups = useRef(new Map<object, { group: string; bindings: readonly KeyBinding[] }>());
  const [listed, setListed] =
    useState<readonly { group: string; bindings: readonly KeyBinding[] }[]>();
  const showList = useCallback(() => setListed([...groups.current.values()]), []);
  const register = useCallback((group: string, bindings: readonly KeyBinding[]) => {
    const token = {};
    groups.current.set(token, { group, bindings });
    return () => {
      groups.current.delete(token);
    };
  }, []);
  useEffect(() => {
    let waiting: WaitingKey | undefined;
    const onKeyDown = (event: KeyboardEvent) => {
      const key = pressedKey(event);
      if (key === undefined) return;
      const pressed = { key, atMs: event.timeStamp };
      const bindings = [...groups.current.values()].flatMap((entry) => entry.bindings);
      const hit = key === '?' ? { run: showList } : matchKeys(bindings, waiting, pressed);
      waiting = hit === undefined ? pressed : undefined;
      if (hit === undefined) return;
      event.preventDefault();
      hit.run();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [showList]);
  const registry = useMemo(() => ({ register, showList }), [register, showList]);
  return (
    <RegistryContext value={registry}>
      {children}
      {listed !== undefined && <KeyList groups={listed} onClose={() => setListed(undefined)} />}
    </RegistryContext>
  );
}

/** Binds keys while the component is mounted. `bindings` must be stable (useMemo). Later ones win. */
export function useKeys(group: string, bindings: readonly KeyBinding[]): void {
  const register = use(RegistryContext)?.register;
  useEffect(() => register?.(group, bindings), [register, group, bindings]);
}

/** Opens the list of keys. */
export function useShowKeys(): () => void {
  const registry = use(RegistryContext);
  return useCallback(() => registry?.showList(), [registry]);
}

/** undefined while the reader is typing, or when the browser's own shortcut is meant. */
function pressedKey(event: KeyboardEvent): string | undefined {
  if (event.defaultPrevented || event.altKey) return undefined;
  const target = event.target;
  if (event.metaKey || event.ctrlKey) return commandKey(event, target);
  if (target instanceof HTMLElement && isTyping(target, event.key)) return undefined;
  return event.shiftKey && event.key.length > 1 ? `shift+${event.key}` : event.key;
}

/** The one command that is ours, while typing too; every other combination is the browser's. */
function commandKey(event: KeyboardEvent, target: EventTarget | null): string | undefined {
  const isInDialog = target instanceof Element && target.closest('dialog') !== null;
  return event.key.toLowerCase() === 'k' && !event.shiftKey && !isInDialog ? 'mod+k' : undefined;
}

function isTyping(target: HTMLElement, key: string): boolean {
  if (target.isContentEditable || target.closest('dialog') !== null) return true;
  if (target instanceof HTMLInputElement) {
    return target.type !== 'range' && target.type !== 'checkbox';
  }
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  // Enter and space belong to the button or link that has the focus.
  return (key === 'Enter' || key === ' ') && target.matches('button, a[href], [role="slider"]');
}
