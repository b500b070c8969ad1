'use client';

import { classNames } from '#views/shell/class-names.ts';
import { Panel } from '#views/shell/panel.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';
import { Knob } from './knob.tsx';
import type { LabLesson } from './lab-run.ts';

/** Each can be switched for one run; those that matter for the scenario come first. */
export function Lessons({
  lessons,
  scenario,
  chosen,
  isLocked,
  onChange,
}: {
  readonly lessons: readonly LabLesson[];
  /** The name of the one that is shown. */
  readonly scenario: string | undefined;
  readonly chosen: ReadonlySet<string>;
  /** They hold for a whole run. */
  readonly isLocked: boolean;
  readonly onChange: (chosen: ReadonlySet<string>) => void;
}) {
  const matters = (lesson: LabLesson) =>
    scenario !== undefined && lesson.scenarios.includes(scenario);
  const inOrder = lessons.toSorted((a, b) => Number(matters(b)) - Number(matters(a)));
  return (
    <Panel
      title="Lessons"
      hint={isLocked ? 'as this run was started' : 'for the next run'}
      className="min-w-0 flex-1"
    >
      <ScrollArea name="Lessons">
        <ul>
          {inOrder.map((lesson) => (
            <li key={lesson.name} className="border-line border-b">
              <LessonSwitch
                lesson={lesson}
                matters={matters(lesson)}
                isOn={chosen.has(lesson.name)}
                isLocked={isLocked}
                onToggle={() => onChange(toggled(chosen, lesson.name))}
              />
            </li>
          ))}
        </ul>
        <p className="px-3.5 py-3 text-muted text-xs">
          Run the same scenario with and without them: the seed is the same, so the difference is
          theirs. The incident’s page sets the runs side by side.
        </p>
      </ScrollArea>
    </Panel>
  );
}

function LessonSwitch({
  lesson,
  matters,
  isOn,
  isLocked,
  onToggle,
}: {
  readonly lesson: LabLesson;
  readonly matters: boolean;
  readonly isOn: boolean;
  readonly isLocked: boolean;
  readonly onToggle: () => void;
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={isOn}
      disabled={isLocked}
      onClick={onToggle}
      title={isLocked ? 'Lessons hold for a whole run' : undefined}
      className="flex w-full items-start gap-3 px-3.5 py-3 text-left enabled:hover:bg-raise disabled:cursor-not-allowed"
    >
      <span className="min-w-0 flex-1">
        <span className="block font-semibold text-sm">{lesson.title}</span>
        <span className="block text-muted text-xs">{lesson.technical}</span>
        <span className={classNames('mt-1 block text-sm', isOn && matters && 'text-ok-text')}>
          {lesson.effect}
        </span>
        <span className="mt-1 block text-muted text-xs">
          {matters ? 'matters here · ' : ''}
          {lesson.isUsual ? 'usually on · ' : ''}taught by {lesson.taughtBy.title}
        </span>
      </span>
      <span className={isLocked ? 'opacity-50' : undefined}>
        <Knob isOn={isOn} />
      </span>
    </button>
  );
}

function toggled(chosen: ReadonlySet<string>, name: string): ReadonlySet<string> {
  const next = new Set(chosen);
  if (!next.delete(name)) next.add(name);
  return next;
}
