'use client';

import { Search, X } from 'lucide-react';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import type { ServiceMap } from '#analysis/service-map/service-map.ts';
import { classNames } from '#views/shell/class-names.ts';
import { Kbd } from '#views/shell/kbd.tsx';
import { useKeys } from '#views/shell/keys.tsx';
import { completeFind, type Find, hasTroubledClient } from './find-edges.ts';
import { FindShelf, findKeys } from './find-shelf.tsx';

const SETTLE_MS = 150;

/** Finds edges by a small language; completion stands on a shelf below the bar and covers no part of the map. */
export function FindBar({
  map,
  text,
  found,
  onChange,
}: {
  readonly map: ServiceMap;
  readonly text: string;
  readonly found: Find;
  readonly onChange: (text: string) => void;
}) {
  const [typed, setTyped] = useState(text);
  const [isOpen, setIsOpen] = useState(false);
  const [marked, setMarked] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (typed === text) return;
    const timer = setTimeout(() => onChange(typed), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [typed, text, onChange]);
  useKeys(
    'Map',
    useMemo(() => [{ keys: '/', label: 'Find', run: () => input.current?.focus() }], []),
  );
  const offers = isOpen ? completeFind(typed, map) : [];
  const take = (offer: string | undefined) => {
    if (offer === undefined) return;
    setTyped(/[:><]$/.test(offer) ? offer : `${offer} `);
    setMarked(0);
    input.current?.focus();
  };
  const onKey = findKeys({
    offers,
    marked,
    canTake: typed !== '',
    onMark: setMarked,
    onTake: take,
    onEnter: () => {
      onChange(typed);
      setIsOpen(false);
    },
    onEscape: () => {
      setIsOpen(false);
      input.current?.blur();
    },
  });
  return (
    <div className="relative min-w-0 flex-1">
      <div
        className={classNames(
          'flex h-8 items-center gap-2 rounded-lg border bg-bg px-2.5 focus-within:border-select',
          found.kind === 'wrong' ? 'border-crit-edge' : 'border-edge',
        )}
      >
        <Search size={14} className="shrink-0 text-dim" aria-hidden />
        <input
          ref={input}
          role="combobox"
          aria-label="Find edges"
          aria-expanded={offers.length > 0}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={offers.length > 0 ? `${listId}-${marked}` : undefined}
          aria-invalid={found.kind === 'wrong'}
          autoComplete="off"
          spellCheck={false}
          placeholder="Find, e.g. mode:dns errors>1%"
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setMarked(0);
            setIsOpen(true);
          }}
          onFocus={() => setIsOpen(true)}
          onBlur={() => setIsOpen(false)}
          onKeyDown={onKey}
          className="min-w-0 flex-1 bg-transparent outline-none placeholder:text-dim"
        />
        <FoundWords found={found} total={map.edges.length} />
        {typed === '' ? (
          <Kbd>/</Kbd>
        ) : (
          <button
            type="button"
            aria-label="Clear"
            onClick={() => onChange('')}
            className="grid size-6 place-items-center rounded text-muted hover:text-fg"
          >
            <X size={14} aria-hidden />
          </button>
        )}
      </div>
      <FindShelf id={listId} offers={offers} marked={marked} onTake={take} />
    </div>
  );
}

function FoundWords({ found, total }: { readonly found: Find; readonly total: number }) {
  if (found.kind === 'all') return null;
  if (found.kind === 'wrong') {
    return (
      <span className="truncate text-crit-text text-xs" role="alert">
        {found.clause}: {found.hint}
      </span>
    );
  }
  return (
    <span className="shrink-0 text-muted text-xs" role="status">
      {found.edges.size} of {total} edges
    </span>
  );
}

/** The questions that are asked first, with their answers' counts. */
export function FindPresets({
  map,
  text,
  onChange,
}: {
  readonly map: ServiceMap;
  readonly text: string;
  readonly onChange: (text: string) => void;
}) {
  const presets = [
    {
      label: 'Changed mode',
      find: 'changed',
      count: map.edges.filter((edge) => edge.usualMode !== undefined).length,
    },
    {
      label: 'Only errors',
      find: 'failing',
      count: map.edges.filter((edge) => edge.errors > 0).length,
    },
    {
      label: 'Config trouble',
      find: 'config:bad',
      count: map.nodes.filter(hasTroubledClient).length,
    },
  ];
  return (
    <div className="flex shrink-0 gap-2">
      {presets.map(({ label, find, count }) => (
        <button
          key={find}
          type="button"
          aria-pressed={text.trim() === find}
          onClick={() => onChange(text.trim() === find ? '' : find)}
          className={classNames(
            'h-8 whitespace-nowrap rounded-lg border px-2.5 text-sm',
            text.trim() === find
              ? 'border-accent bg-accent-fill text-fg'
              : 'border-edge text-muted hover:border-dim hover:text-fg',
          )}
        >
          {label} <span className="tabular ml-0.5 font-semibold text-fg">{count}</span>
        </button>
      ))}
    </div>
  );
}
