'use client';

import { useId } from 'react';

/** A date and time to the second, written and read as UTC: the browser's own picker, without its time zone. */
export function UtcInput({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  /** "2022-03-08T18:07:02", as `datetime-local` writes it. */
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <span className="flex items-center gap-2">
      <label htmlFor={id} className="w-9 shrink-0 text-muted text-xs">
        {label}
      </label>
      <input
        id={id}
        type="datetime-local"
        step={1}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="num h-8 min-w-0 flex-1 rounded-lg border border-edge bg-bg px-2 text-sm"
      />
    </span>
  );
}
