'use client';

import { FlaskConical, Play, Server, Square, Waypoints } from 'lucide-react';
import { type ReactNode, useCallback, useMemo, useState } from 'react';
import { IncidentBadge } from '#views/live/incident-badge.tsx';
import { LiveClock } from '#views/live/live-clock.tsx';
import { Badge, type Tone } from '#views/shell/badge.tsx';
import { Button, ButtonLink } from '#views/shell/button.tsx';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { Header } from '#views/shell/header.tsx';
import { useKeys } from '#views/shell/keys.tsx';
import { Panel } from '#views/shell/panel.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';
import { Segmented } from '#views/shell/segmented.tsx';
import { Skeleton } from '#views/shell/skeleton.tsx';
import { useUrlState } from '#views/shell/use-url-state.ts';
import { FaultBoard } from './fault-board.tsx';
import type { LabRun, LabScenario } from './lab-run.ts';
import { LabSteps } from './lab-steps.tsx';
import { Lessons } from './lessons.tsx';
import { NextStep, RunControls } from './run-controls.tsx';
import { ScenarioList } from './scenario-list.tsx';
import { TimeLanes } from './time-lanes.tsx';
import { type Lab, useLab } from './use-lab.ts';

const RUN_TONES: Readonly<Record<LabRun['state'], Tone>> = {
  running: 'accent',
  paused: 'warn',
  done: 'ok',
  failed: 'crit',
  stopped: 'neutral',
};
const PARTS = [
  { value: 'scenarios', label: 'Scenarios' },
  { value: 'faults', label: 'Faults by hand' },
];
const SPEEDS = ['1', '10', '30', '60', '120'] as const;

/** Outages to rehearse: what runs, how far it is, and what should be seen. */
export function LabScreen() {
  const lab = useLab();
  const [params, change] = useUrlState();
  const part = params.get('part') === 'faults' ? 'faults' : 'scenarios';
  return (
    <>
      <Header title="Lab" right={<LiveClock />}>
        <Segmented
          name="Part of the lab"
          value={part}
          options={PARTS}
          onChange={(next) => change({ part: next === 'faults' ? next : undefined })}
        />
        <IncidentBadge />
      </Header>
      {part === 'faults' && lab.state === 'ready' ? <FaultBoard /> : <LabBody lab={lab} />}
    </>
  );
}

function LabBody({ lab }: { readonly lab: Lab }) {
  switch (lab.state) {
    case 'asking':
      return (
        <div className="flex flex-1 gap-3 p-3">
          <Skeleton className="w-[372px]" />
          <Skeleton className="flex-1" />
        </div>
      );
    case 'absent':
      return <NoLab />;
    case 'starting':
      return (
        <EmptyState icon={<FlaskConical size={20} aria-hidden />} title="The lab is starting">
          Its scenario runner does not answer yet. This page goes on by itself.
        </EmptyState>
      );
    case 'ready':
      return <Ready lab={lab} />;
  }
}

function NoLab() {
  return (
    <EmptyState icon={<FlaskConical size={20} aria-hidden />} title="No lab is attached">
      <p>
        This Detour watches your own systems only. The lab is a small real mesh beside it: six
        services with sidecars, a control plane, a DNS server and outages to play.
      </p>
      <p className="mt-3">
        Stop Detour and start it with <code className="num text-fg">npm start</code> instead of{' '}
        <code className="num text-fg">npm run serve</code>, then{' '}
        <code className="num text-fg">npm run lab -- --list</code>
      </p>
    </EmptyState>
  );
}

function Ready({ lab }: { readonly lab: Lab }) {
  const [params, change] = useUrlState();
  const named = params.get('scenario') ?? lab.run?.scenario;
  const scenario = lab.scenarios.find((candidate) => candidate.name === named) ?? lab.scenarios[0];
  const choose = useCallback((name: string) => change({ scenario: name }), [change]);
  const [lessons, setLessons] = useLessons(lab);
  const isLocked = isUnderWay(lab.run);
  const running = useMemo(() => new Set(lab.run?.lessons ?? []), [lab.run?.lessons]);
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-3 p-3">
      {lab.error !== undefined && (
        <p
          role="alert"
          className="rounded-lg border border-crit-edge bg-crit-fill px-3 py-1.5 text-crit-text"
        >
          {lab.error}
        </p>
      )}
      <div className="grid min-h-0 flex-1 grid-cols-[300px_minmax(0,1fr)] grid-rows-[minmax(0,1fr)_minmax(0,auto)] gap-3 min-[1180px]:grid-cols-[372px_minmax(0,1fr)] min-[1280px]:grid-cols-[372px_minmax(0,1fr)_300px] min-[1280px]:grid-rows-[minmax(0,1fr)]">
        <ScenarioList
          scenarios={lab.scenarios}
          run={lab.run}
          chosen={scenario?.name}
          onChoose={choose}
        />
        {scenario !== undefined && (
          <ScenarioPanel
            key={scenario.name}
            scenario={scenario}
            lab={lab}
            lessons={isLocked ? running : lessons}
          />
        )}
        <div className="col-start-1 row-start-2 flex max-h-[38vh] min-h-0 min-[1280px]:col-start-3 min-[1280px]:row-start-1 min-[1280px]:max-h-none">
          <Lessons
            lessons={lab.lessons}
            scenario={scenario?.name}
            chosen={isLocked ? running : lessons}
            isLocked={isLocked}
            onChange={setLessons}
          />
        </div>
      </div>
    </div>
  );
}

/** Those for the next run: the usual ones, or what the address says. */
function useLessons(lab: Lab): [ReadonlySet<string>, (chosen: ReadonlySet<string>) => void] {
  const [params, change] = useUrlState();
  const named = params.get('lessons');
  const chosen = useMemo(() => {
    const names =
      named?.split(',') ?? lab.lessons.filter(({ isUsual }) => isUsual).map(({ name }) => name);
    return new Set(names.filter((name) => lab.lessons.some((lesson) => lesson.name === name)));
  }, [named, lab.lessons]);
  const choose = useCallback(
    (next: ReadonlySet<string>) =>
      change({ lessons: next.size === 0 ? 'none' : [...next].join(',') }),
    [change],
  );
  return [chosen, choose];
}

function isUnderWay(run: LabRun | undefined): boolean {
  return run?.state === 'running' || run?.state === 'paused';
}

function ScenarioPanel({
  scenario,
  lab,
  lessons,
}: {
  readonly scenario: LabScenario;
  readonly lab: Lab;
  readonly lessons: ReadonlySet<string>;
}) {
  const run = lab.run?.scenario === scenario.name ? lab.run : undefined;
  const isBusy = isUnderWay(lab.run);
  const isPaused = lab.run?.state === 'paused';
  const [speed, setSpeed] = useState(String(scenario.defaultSpeed ?? 1));
  const start = useCallback(
    () => void lab.start({ scenario: scenario.name, speed: Number(speed), lessons: [...lessons] }),
    [lab.start, scenario.name, speed, lessons],
  );
  const stop = useCallback(() => void lab.stop(), [lab.stop]);
  const pause = useCallback(() => void lab.pause(), [lab.pause]);
  const resume = useCallback(() => void lab.resume(), [lab.resume]);
  useKeys(
    'Lab',
    useMemo(
      () => [
        { keys: 'r', label: 'Run it', run: start },
        { keys: 'p', label: 'Pause or resume', run: isPaused ? resume : pause },
        { keys: '0', label: 'Stop, mend all', run: stop },
      ],
      [start, stop, pause, resume, isPaused],
    ),
  );
  const speeds = [...new Set([...SPEEDS, String(scenario.defaultSpeed ?? 1)])]
    .toSorted((a, b) => Number(a) - Number(b))
    .map((value) => ({ value, label: `${value}×` }));
  return (
    <Panel
      title={scenario.title}
      isLongTitle
      className="col-start-2 row-span-2 row-start-1 min-w-0 min-[1280px]:row-span-1"
      actions={
        <>
          {run !== undefined && <Badge tone={RUN_TONES[run.state]}>{run.state}</Badge>}
          {isBusy ? (
            lab.run !== undefined && (
              <RunControls run={lab.run} onPause={pause} onResume={resume} onStop={stop} />
            )
          ) : (
            <>
              <Segmented name="Speed" value={speed} options={speeds} onChange={setSpeed} />
              <Button size="small" look="primary" onClick={start}>
                <Play size={12} aria-hidden /> {run === undefined ? 'Run' : 'Run again'}
              </Button>
            </>
          )}
        </>
      }
    >
      {run !== undefined && <NextStep run={run} />}
      <ScrollArea name="Scenario">
        <div className="border-line border-b px-4 py-3">
          <p className="max-w-[86ch] text-muted">{scenario.story}</p>
          <Fact name="Root cause">{scenario.rootCause}</Fact>
          <Sources scenario={scenario} />
        </div>
        <TimeLanes scenario={scenario} run={run} />
        <LabSteps scenario={scenario} run={run} />
      </ScrollArea>
      <div className="flex items-center gap-2 border-line border-t px-4 py-2.5">
        <p className="text-muted text-xs">
          What Detour reports is found from telemetry alone; this log is only compared with it.
        </p>
        <span className="ml-auto flex gap-2">
          {!isBusy && (
            <Button onClick={stop}>
              <Square size={13} aria-hidden /> Mend all
            </Button>
          )}
          <ButtonLink href="/control-plane">
            <Server size={14} aria-hidden /> Control plane
          </ButtonLink>
          <ButtonLink href="/map" look="primary">
            <Waypoints size={14} aria-hidden /> Watch on the map
          </ButtonLink>
        </span>
      </div>
    </Panel>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <p className="mt-1.5 text-sm">
      <span className="text-dim">{name}: </span>
      {children}
    </p>
  );
}

function Sources({ scenario }: { readonly scenario: LabScenario }) {
  if (scenario.cites.length === 0) return null;
  return (
    <details className="mt-1.5 text-sm">
      <summary className="cursor-pointer text-dim">
        Sources <span className="tabular">{scenario.cites.length}</span>
      </summary>
      <ul className="mt-1 flex flex-col gap-1">
        {scenario.cites.map((cite) => (
          <li key={cite.title}>
            {cite.title}
            <span className="block text-muted text-xs">{cite.what}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
