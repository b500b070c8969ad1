'use client';

import { Activity, Check, CircleX, Play } from 'lucide-react';
import { formatAge } from '#views/format/format-time.ts';
import { classNames } from '#views/shell/class-names.ts';
import { Panel } from '#views/shell/panel.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';
import type { LabRun, LabScenario } from './lab-run.ts';

export function ScenarioList({
  scenarios,
  run,
  chosen,
  onChoose,
}: {
  readonly scenarios: readonly LabScenario[];
  readonly run: LabRun | undefined;
  readonly chosen: string | undefined;
  readonly onChoose: (name: string) => void;
}) {
  return (
    <Panel
      title="Scenarios"
      hint="each re-creates a class of outage"
      className="col-start-1 row-start-1 min-w-0"
    >
      <ScrollArea name="Scenarios">
        <ul>
          {scenarios.map((scenario) => (
            <li key={scenario.name} className="border-line border-b">
              <ScenarioRow
                scenario={scenario}
                run={run?.scenario === scenario.name ? run : undefined}
                isChosen={scenario.name === chosen}
                onChoose={onChoose}
              />
            </li>
          ))}
        </ul>
      </ScrollArea>
    </Panel>
  );
}

function ScenarioRow({
  scenario,
  run,
  isChosen,
  onChoose,
}: {
  readonly scenario: LabScenario;
  readonly run: LabRun | undefined;
  readonly isChosen: boolean;
  readonly onChoose: (name: string) => void;
}) {
  const speed = scenario.defaultSpeed ?? 1;
  return (
    <button
      type="button"
      aria-pressed={isChosen}
      onClick={() => onChoose(scenario.name)}
      className={classNames(
        'relative flex w-full items-start gap-3 px-3.5 py-2.5 text-left hover:bg-raise',
        isChosen &&
          'bg-raise before:absolute before:inset-y-0 before:left-0 before:w-[3px] before:bg-accent',
      )}
    >
      <RunIcon state={run?.state} />
      <span className="min-w-0 flex-1">
        <span className="block font-semibold text-sm">{scenario.title}</span>
        <span className="line-clamp-2 text-muted text-xs">{scenario.rootCause}</span>
      </span>
      <span className="num shrink-0 pt-px text-muted text-xs">
        {run?.state === 'running'
          ? `${Math.round(run.elapsedSeconds / run.speed)} / ${Math.round(scenario.durationSeconds / run.speed)} s`
          : formatAge((scenario.durationSeconds / speed) * 1e9)}
      </span>
    </button>
  );
}

function RunIcon({ state }: { readonly state: LabRun['state'] | undefined }) {
  const look = {
    running: { Icon: Activity, className: 'border-transparent bg-accent text-bg' },
    paused: { Icon: Activity, className: 'border-warn text-warn' },
    done: { Icon: Check, className: 'border-ok-edge text-ok' },
    failed: { Icon: CircleX, className: 'border-crit text-crit' },
    stopped: { Icon: Play, className: 'border-edge text-muted' },
  }[state ?? 'stopped'];
  return (
    <span
      className={`mt-0.5 grid size-7 shrink-0 place-items-center rounded-full border ${look.className}`}
    >
      <look.Icon size={13} aria-hidden />
      <span className="sr-only">{state ?? 'not run yet'}</span>
    </span>
  );
}
