import type { KeyboardEvent } from 'react';
import { classNames } from '#views/shell/class-names.ts';

/** What the typed word may become. It scrolls, and Chromium would stop at it by Tab though it goes with the focus. */
export function FindShelf({
  id,
  offers,
  marked,
  onTake,
}: {
  readonly id: string;
  readonly offers: readonly string[];
  readonly marked: number;
  readonly onTake: (offer: string) => void;
}) {
  return (
    <div
      id={id}
      role="listbox"
      aria-label="Completions"
      tabIndex={-1}
      className={classNames(
        'absolute top-9 left-0 z-20 flex max-w-full gap-1 overflow-x-auto rounded-lg border border-edge bg-panel p-1 shadow-pop',
        offers.length === 0 && 'hidden',
      )}
    >
      {offers.map((offer, i) => (
        <div
          key={offer}
          id={`${id}-${i}`}
          role="option"
          aria-selected={i === marked}
          tabIndex={-1}
          onMouseDown={(event) => {
            event.preventDefault();
            onTake(offer);
          }}
          className={classNames(
            'num cursor-pointer whitespace-nowrap rounded-md px-2 py-1 text-xs',
            i === marked ? 'bg-raise text-fg' : 'text-muted',
          )}
        >
          {offer.slice(offer.search(/\S*$/))}
        </div>
      ))}
    </div>
  );
}

/** Up and down mark, Tab takes, Enter searches, Escape leaves. */
export function findKeys({
  offers,
  marked,
  canTake,
  onMark,
  onTake,
  onEnter,
  onEscape,
}: {
  readonly offers: readonly string[];
  readonly marked: number;
  /** Before anything is typed, Tab goes on to the next control. */
  readonly canTake: boolean;
  readonly onMark: (index: number) => void;
  readonly onTake: (offer: string | undefined) => void;
  readonly onEnter: () => void;
  readonly onEscape: () => void;
}): (event: KeyboardEvent) => void {
  return (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && offers.length > 0) {
      event.preventDefault();
      onMark((marked + step + offers.length) % offers.length);
    } else if (event.key === 'Tab' && !event.shiftKey && offers.length > 0 && canTake) {
      event.preventDefault();
      onTake(offers[marked] ?? offers[0]);
    } else if (event.key === 'Enter') onEnter();
    else if (event.key === 'Escape') onEscape();
  };
}
