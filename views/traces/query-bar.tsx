'use client';

import { Search } from 'lucide-react';
import {
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { formatPercent } from '#views/format/format-number.ts';
import { classNames } from '#views/shell/class-names.ts';
import { Kbd } from '#views/shell/kbd.tsx';
import { RoutingMark } from '#views/shell/routing-mark.tsx';
import {
  applyCompletion,
  type Completion,
  completeClause,
  type KnownValues,
  wordAt,
} from '#views/traces/complete-clause.ts';
import { type Clause, clausesText, parseClauses } from '#views/traces/trace-clauses.ts';

/** The search as text. Completions stand in a shelf below it, docked: a floating list would cover what is asked about. */
export function QueryBar({
  clauses,
  known,
  input,
  onRun,
}: {
  readonly clauses: readonly Clause[];
  readonly known: KnownValues;
  readonly input: RefObject<HTMLInputElement | null>;
  readonly onRun: (clauses: readonly Clause[]) => void;
}) {
  const state = useQuery(clauses, known, input, onRun);
  const list = useId();
  const open = state.open && state.completions.length > 0;
  return (
    <div className="min-w-0 flex-1">
      <div
        className={classNames(
          'rounded-lg border bg-panel',
          state.open ? 'border-select shadow-[0_0_0_3px_var(--mesh-fill)]' : 'border-edge',
        )}
      >
        <div className="flex h-9 items-center gap-2 px-3">
          <Search size={14} className="shrink-0 text-muted" aria-hidden />
          <input
            ref={input}
            value={state.text}
            role="combobox"
            aria-label="Search traces"
            aria-expanded={open}
            aria-controls={list}
            aria-autocomplete="list"
            {...(open ? { 'aria-activedescendant': `${list}-${state.active}` } : {})}
            aria-invalid={state.problem !== undefined}
            spellCheck={false}
            autoComplete="off"
            placeholder="service=gateway status=error mode=dns duration>250ms"
            onChange={(event) => state.type(event.target.value, event.target.selectionStart ?? 0)}
            onSelect={(event) => state.moveCaret(event.currentTarget.selectionStart ?? 0)}
            onFocus={state.focus}
            onBlur={state.blur}
            onKeyDown={state.onKey}
            className="num min-w-0 flex-1 bg-transparent text-sm outline-none placeholder:text-dim"
          />
          <span className="flex shrink-0 items-center gap-1.5 text-muted text-xs max-[1100px]:hidden">
            {open && (
              <>
                <Kbd>tab</Kbd> complete
              </>
            )}
            {state.open ? <Kbd>⏎</Kbd> : <Kbd>/</Kbd>} {state.open && 'run'}
          </span>
        </div>
        <div
          id={list}
          role="listbox"
          tabIndex={-1}
          aria-label="Completions"
          className={open ? 'flex border-line border-t' : ''}
        >
          {open &&
            state.completions.map((completion, i) => (
              <Option
                key={completion.text}
                id={`${list}-${i}`}
                completion={completion}
                active={i === state.active}
                onPick={() => state.complete(completion)}
              />
            ))}
        </div>
      </div>
      {state.problem !== undefined && (
        <p role="alert" className="mt-1 text-crit-text text-xs">
          {state.problem}
        </p>
      )}
    </div>
  );
}

function Option({
  id,
  completion,
  active,
  onPick,
}: {
  readonly id: string;
  readonly completion: Completion;
  readonly active: boolean;
  readonly onPick: () => void;
}) {
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the combobox keeps the focus and names the active option
    // biome-ignore lint/a11y/useKeyWithClickEvents: Tab and Enter in the combobox pick it
    <div
      id={id}
      role="option"
      aria-selected={active}
      onPointerDown={(event) => event.preventDefault()}
      onClick={onPick}
      className={classNames(
        'min-w-0 flex-1 cursor-pointer border-line px-3 py-1.5 not-first:border-l hover:bg-raise',
        active && 'bg-raise',
      )}
    >
      <div className="flex items-center gap-2">
        {completion.mode !== undefined && <RoutingMark mode={completion.mode} />}
        <span className="num min-w-0 flex-1 truncate text-sm">{completion.label}</span>
        {completion.share !== undefined && (
          <span className="shrink-0 text-2xs text-muted">
            {completion.share === 0 ? '0' : `in ${formatPercent(completion.share)}`}
          </span>
        )}
      </div>
      <div className="truncate text-2xs text-muted">{completion.explanation}</div>
    </div>
  );
}

function useQuery(
  clauses: readonly Clause[],
  known: KnownValues,
  input: RefObject<HTMLInputElement | null>,
  onRun: (clauses: readonly Clause[]) => void,
) {
  const given = clausesText(clauses);
  const [text, setText] = useState(given);
  const [caret, setCaret] = useState(0);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const [problem, setProblem] = useState<string>();
  const shown = useRef(given);
  // A search that came from elsewhere (a box in the heatmap, a link) replaces what was typed.
  useEffect(() => {
    if (shown.current === given) return;
    shown.current = given;
    setText(given);
    setProblem(undefined);
  }, [given]);
  const moved = useRef<number>(undefined);
  // With the drawing and not after it: the next letter may already be on its way.
  useLayoutEffect(() => {
    if (moved.current === undefined) return;
    input.current?.setSelectionRange(moved.current, moved.current);
    moved.current = undefined;
  });
  const { from, to } = wordAt(text, caret);
  const completions = completeClause(text.slice(from, to), known);
  const type = (next: string, at: number): void => {
    setText(next);
    setCaret(at);
    setActive(0);
    setOpen(true);
    setProblem(undefined);
  };
  const complete = (completion: Completion): void => {
    const next = applyCompletion(text, caret, completion);
    type(next.text, next.caret);
    moved.current = next.caret;
  };
  const run = (): void => {
    const parsed = parseClauses(text);
    setProblem(parsed.problem);
    if (parsed.problem !== undefined) return;
    setOpen(false);
    shown.current = clausesText(parsed.clauses);
    setText(shown.current);
    onRun(parsed.clauses);
  };
  const step = (by: number): void =>
    setActive((before) => (before + by + completions.length) % Math.max(1, completions.length));
  // Only a word that was begun is completed: else Tab goes on through the page.
  const chosen = open && from < to ? completions[active] : undefined;
  const keys: Readonly<Record<string, (() => void) | undefined>> = {
    Enter: run,
    Tab: chosen === undefined ? undefined : () => complete(chosen),
    ArrowRight: caret === text.length && open ? () => step(1) : undefined,
    ArrowDown: () => step(1),
    ArrowUp: () => step(-1),
    Escape: open ? () => setOpen(false) : () => input.current?.blur(),
  };
  return {
    text,
    open,
    active,
    problem,
    completions,
    type,
    complete,
    moveCaret: setCaret,
    focus: () => setOpen(true),
    blur: () => setOpen(false),
    onKey: (event: KeyboardEvent) => {
      const action = event.shiftKey ? undefined : keys[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    },
  };
}
