'use client';

import {
  ArrowRight,
  Clock,
  FlaskConical,
  History,
  ListTree,
  type LucideIcon,
  PanelsTopLeft,
  Search,
  Waypoints,
} from 'lucide-react';
import { useRouter } from 'next/navigation';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { nowUnixNano } from '#views/format/format-time.ts';
import { classNames } from '#views/shell/class-names.ts';
import { Kbd } from '#views/shell/kbd.tsx';
import { type JumpKind, type JumpTarget, namedTargets, rankTargets } from './jump-target.ts';
import { useJumpTargets } from './use-jump-targets.ts';

const KINDS: Readonly<Record<JumpKind, { readonly Icon: LucideIcon; readonly word: string }>> = {
  page: { Icon: PanelsTopLeft, word: 'page' },
  service: { Icon: Waypoints, word: 'service' },
  edge: { Icon: ArrowRight, word: 'call edge' },
  incident: { Icon: History, word: 'incident' },
  scenario: { Icon: FlaskConical, word: 'lab scenario' },
  trace: { Icon: ListTree, word: 'trace' },
  time: { Icon: Clock, word: 'moment' },
};

/** Goes anywhere by name. A combobox over one list, so that screen readers hear what the arrows choose (ARIA 1.2, combobox). */
export function JumpDialog({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const router = useRouter();
  const [query, setQuery] = useState('');
  const found = useFound(query);
  const [chosen, setChosen] = useState(0);
  const listId = useId();
  const active = Math.min(chosen, found.length - 1);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const go = (target: JumpTarget | undefined) => {
    if (target === undefined) return;
    dialog.current?.close();
    router.push(target.href);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = movedTo(event.key, active, found.length);
    if (next !== undefined) {
      event.preventDefault();
      setChosen(next);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      go(found[active]);
    }
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a modal dialog by itself
    <dialog
      ref={dialog}
      onClose={onClose}
      onClick={(event) => event.target === event.currentTarget && dialog.current?.close()}
      aria-label="Jump to"
      className="mx-auto mt-[12vh] w-[min(620px,calc(100vw-32px))] overflow-hidden rounded-[11px] border border-edge bg-panel p-0 text-fg shadow-pop backdrop:bg-black/40"
    >
      <label className="flex h-12 items-center gap-2.5 border-line border-b px-4">
        <Search size={16} className="shrink-0 text-muted" aria-hidden />
        <span className="sr-only">Jump to</span>
        <input
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
          role="combobox"
          aria-expanded
          aria-controls={listId}
          aria-activedescendant={found.length === 0 ? undefined : `${listId}-${active}`}
          aria-autocomplete="list"
          autoComplete="off"
          spellCheck={false}
          placeholder="Service, incident, page, scenario, trace id or time (14:05)"
          className="h-full min-w-0 flex-1 bg-transparent text-[15px] outline-none placeholder:text-dim"
        />
      </label>
      <Results id={listId} found={found} active={active} onChoose={setChosen} onGo={go} />
      {found.length === 0 && (
        <p className="px-4 py-6 text-center text-muted">
          Nothing is called <b className="text-fg">{query}</b>. A whole trace id opens its trace.
        </p>
      )}
      <Foot count={found.length} />
    </dialog>
  );
}

/** The words of the text itself first, then what is called like it. */
function useFound(query: string): readonly JumpTarget[] {
  const targets = useJumpTargets();
  return useMemo(
    () => [...namedTargets(query, nowUnixNano()), ...rankTargets(targets, query)],
    [targets, query],
  );
}

/** undefined for a key that moves nothing. */
function movedTo(key: string, active: number, count: number): number | undefined {
  if (count === 0) return undefined;
  switch (key) {
    case 'ArrowDown':
      return (active + 1) % count;
    case 'ArrowUp':
      return (active + count - 1) % count;
    case 'PageDown':
      return Math.min(count - 1, active + 8);
    case 'PageUp':
      return Math.max(0, active - 8);
    default:
      return undefined;
  }
}

function Results({
  id,
  found,
  active,
  onChoose,
  onGo,
}: {
  readonly id: string;
  readonly found: readonly JumpTarget[];
  readonly active: number;
  readonly onChoose: (index: number) => void;
  readonly onGo: (target: JumpTarget) => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <div
      ref={list}
      id={id}
      role="listbox"
      aria-label="Places"
      className={classNames('max-h-[min(420px,56vh)] overflow-auto', found.length > 0 && 'p-1.5')}
    >
      {found.map((target, index) => {
        const { Icon, word } = KINDS[target.kind];
        return (
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the input's, which keeps the focus
          <div
            key={target.id}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            onMouseMove={() => index !== active && onChoose(index)}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onGo(target)}
            className={classNames(
              'flex h-9 cursor-pointer items-center gap-2.5 rounded-lg px-2.5',
              index === active && 'bg-raise',
            )}
          >
            <Icon size={15} className="shrink-0 text-muted" aria-hidden />
            <span className="truncate">{target.label}</span>
            <span className="min-w-0 flex-1 truncate text-muted text-xs">{target.hint}</span>
            <span className="shrink-0 text-muted text-xs">{word}</span>
          </div>
        );
      })}
    </div>
  );
}

function Foot({ count }: { readonly count: number }) {
  return (
    <p className="flex items-center gap-2 border-line border-t px-4 py-2 text-muted text-xs">
      <Kbd>↑</Kbd>
      <Kbd>↓</Kbd> choose <Kbd>⏎</Kbd> go <Kbd>esc</Kbd> close
      <span className="tabular ml-auto" role="status">
        {count === 1 ? '1 place' : `${count} places`}
      </span>
    </p>
  );
}
