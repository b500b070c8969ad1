'use client';

import { classNames } from './class-names.ts';

/** One choice of a few, all in sight. */
export function Segmented<Value extends string>({
  name,
  value,
  options,
  onChange,
}: {
  /** What is chosen, for screen readers. */
  readonly name: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
}) {
  return (
    <fieldset className="m-0 flex shrink-0 items-center rounded-lg border border-edge p-0.5">
      <legend className="sr-only">{name}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          className={classNames(
            'h-[26px] whitespace-nowrap rounded-md px-2.5 text-sm',
            option.value === value ? 'bg-raise text-fg' : 'text-muted hover:text-fg',
          )}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}
