'use client';

import { X } from 'lucide-react';
import { Fragment, useEffect, useRef } from 'react';
import { IconButton } from './button.tsx';
import { Kbd } from './kbd.tsx';

const PRINTED: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'esc',
  Enter: '⏎',
  ' ': 'space',
  mod: '⌘ or ctrl',
};

/** Every key that works on this screen. */
export function KeyList({
  groups,
  onClose,
}: {
  readonly groups: readonly {
    readonly group: string;
    readonly bindings: readonly { readonly keys: string; readonly label: string }[];
  }[];
  readonly onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      onClose={onClose}
      aria-label="Keys"
      className="m-auto w-[440px] rounded-[9px] border border-edge bg-panel p-0 text-fg shadow-pop backdrop:bg-black/40"
    >
      <div className="flex h-11 items-center border-line border-b pr-1.5 pl-4">
        <h2 className="font-semibold text-sm">Keys</h2>
        <IconButton name="Close" className="ml-auto" onClick={() => dialog.current?.close()}>
          <X size={16} aria-hidden />
        </IconButton>
      </div>
      <div className="max-h-[70vh] overflow-auto px-4 py-3">
        {groups.map((entry) => (
          <section key={entry.group} className="mb-3">
            <h3 className="mb-1 text-dim text-xs">{entry.group}</h3>
            <dl>
              {[...keysByLabel(entry.bindings)].map(([label, ways]) => (
                <div key={label} className="flex h-7 items-center justify-between">
                  <dt>{label}</dt>
                  <dd className="flex items-center gap-1">
                    {ways.map((keys, i) => (
                      <Fragment key={keys}>
                        {i > 0 && <span className="text-dim text-xs">or</span>}
                        {keyParts(keys).map((part) => (
                          <Kbd key={part}>{part}</Kbd>
                        ))}
                      </Fragment>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <p className="text-dim text-xs">
          <Kbd>?</Kbd> opens this list, <Kbd>esc</Kbd> closes it
        </p>
      </div>
    </dialog>
  );
}

/** Two keys that do the same stand in one row. */
function keysByLabel(
  bindings: readonly { readonly keys: string; readonly label: string }[],
): ReadonlyMap<string, readonly string[]> {
  const ways = new Map<string, readonly string[]>();
  for (const { keys, label } of bindings) ways.set(label, [...(ways.get(label) ?? []), keys]);
  return ways;
}

function keyParts(keys: string): readonly string[] {
  if (keys === ' ') return ['space'];
  return keys
    .split(/[ +]/)
    .filter((part) => part !== '')
    .map((part) => PRINTED[part] ?? part);
}
