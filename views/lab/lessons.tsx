'use client';

import { classNames } from '#views/shell/class-names.ts';
import { Panel } from '#views/shell/panel.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';

/** What was learnt from such outages; each can be switched on for one run. The names are the scenario runner's. */
const LESSONS = [
  {
    name: 'keep-on-deletion',
    title: 'Clients keep deleted names',
    technical: 'ignore_resource_deletion',
    effect: 'A release without a name leaves those who hold it routing on.',
  },
  {
    name: 'dns-fallback',
    title: 'DNS when the mesh has no address',
    technical: 'aggregate cluster: EDS, then DNS',
    effect: 'The shift is made by the clients, at once, and not by hand.',
  },
  {
    name: 'drop-guard',
    title: 'Refuse mass deletion',
    technical: 'more than 30 % of resources at once',
    effect: 'The release never leaves the control plane.',
  },
] as const;

export function Lessons({
  chosen,
  isLocked,
  onChange,
}: {
  readonly chosen: ReadonlySet<string>;
  /** They hold for a whole run. */
  readonly isLocked: boolean;
  readonly onChange: (chosen: ReadonlySet<string>) => void;
}) {
  return (
    <Panel
      title="Lessons"
      hint={isLocked ? 'as this run was started' : 'for the next run'}
      className="min-w-0 flex-1"
    >
      <ScrollArea name="Lessons">
        <ul>
          {LESSONS.map((lesson) => (
            <li key={lesson.name} className="border-line border-b">
              <button
                type="button"
                role="switch"
                aria-checked={chosen.has(lesson.name)}
                disabled={isLocked}
                onClick={() => onChange(toggled(chosen, lesson.name))}
                className="flex w-full items-start gap-3 px-3.5 py-3 text-left enabled:hover:bg-raise"
              >
                <span className="min-w-0 flex-1">
                  <span className="block font-semibold text-sm">{lesson.title}</span>
                  <span className="block text-muted text-xs">{lesson.technical}</span>
                  <span className="mt-1 block text-sm">{lesson.effect}</span>
                </span>
                <Knob isOn={chosen.has(lesson.name)} />
              </button>
            </li>
          ))}
        </ul>
        <p className="px-3.5 py-3 text-muted text-xs">
          Run the same scenario with and without them: the seed is the same, so the difference is
          theirs.
        </p>
      </ScrollArea>
    </Panel>
  );
}

function Knob({ isOn }: { readonly isOn: boolean }) {
  return (
    <span
      aria-hidden
      className={classNames(
        'mt-0.5 flex h-[18px] w-8 shrink-0 items-center rounded-full border px-[2px] transition-colors duration-150',
        isOn ? 'justify-end border-transparent bg-ok' : 'border-dim',
      )}
    >
      <span className={`size-3 rounded-full ${isOn ? 'bg-bg' : 'bg-dim'}`} />
    </span>
  );
}

function toggled(chosen: ReadonlySet<string>, name: string): ReadonlySet<string> {
  const next = new Set(chosen);
  if (!next.delete(name)) next.add(name);
  return next;
}
