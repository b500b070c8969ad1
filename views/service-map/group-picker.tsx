'use client';

import { Boxes } from 'lucide-react';
import type { GroupBy } from './use-map-groups.ts';

const OPTIONS: readonly { readonly value: GroupBy; readonly label: string }[] = [
  { value: 'none', label: 'no groups' },
  { value: 'name', label: 'by name' },
  { value: 'cluster', label: 'by calls' },
];

/** How the services of the map are put together. */
export function GroupPicker({
  by,
  onChange,
}: {
  readonly by: GroupBy;
  readonly onChange: (by: GroupBy) => void;
}) {
  return (
    <label className="flex h-8 shrink-0 items-center gap-1.5 rounded-lg border border-edge pr-1 pl-2.5 text-sm hover:border-dim">
      <Boxes size={14} className="text-muted" aria-hidden />
      <span className="hidden text-muted min-[1500px]:inline">Group</span>
      <span className="sr-only min-[1500px]:hidden">Group services by</span>
      <select
        value={by}
        onChange={(event) => {
          const next = OPTIONS.find(({ value }) => value === event.target.value);
          if (next !== undefined) onChange(next.value);
        }}
        title="Group services by"
        className="h-full max-w-[104px] cursor-pointer bg-transparent text-fg outline-offset-1"
      >
        {OPTIONS.map(({ value, label }) => (
          <option key={value} value={value} className="bg-panel">
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}
