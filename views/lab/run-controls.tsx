'use client';

import { Pause, Play, Square } from 'lucide-react';
import { formatAge } from '#views/format/format-time.ts';
import { Button } from '#views/shell/button.tsx';
import type { LabRun } from './lab-run.ts';

/** Of a run under way: hold it, let it go on, end it. */
export function RunControls({
  run,
  onPause,
  onResume,
  onStop,
}: {
  readonly run: LabRun;
  readonly onPause: () => void;
  readonly onResume: () => void;
  readonly onStop: () => void;
}) {
  return (
    <>
      {run.state === 'paused' ? (
        <Button size="small" look="primary" onClick={onResume}>
          <Play size={12} aria-hidden /> Resume
        </Button>
      ) : (
        <Button size="small" onClick={onPause}>
          <Pause size={12} aria-hidden /> Pause
        </Button>
      )}
      <Button size="small" onClick={onStop}>
        <Square size={12} aria-hidden /> Stop, mend all
      </Button>
    </>
  );
}

/** How far the run is, and what comes next and when. Nothing once it is over. */
export function NextStep({ run }: { readonly run: LabRun }) {
  if (run.state !== 'running' && run.state !== 'paused') return null;
  const { elapsedSeconds, speed, steps } = run;
  const done = steps.filter(({ state }) => state === 'done').length;
  const next = steps.find(({ state }) => state === 'waiting');
  const inNs = next === undefined ? 0 : ((next.atSeconds - elapsedSeconds) / speed) * 1e9;
  return (
    <p
      className="flex gap-2 border-line border-b px-4 py-2 text-sm"
      {...(run.state === 'paused' ? { role: 'status' } : {})}
    >
      <span className="shrink-0 text-muted">
        step <span className="num">{done}</span> of <span className="num">{steps.length}</span>
      </span>
      {run.state === 'paused' && <span className="shrink-0 text-warn-text">paused</span>}
      {next === undefined ? (
        <span className="text-muted">no further step; the run ends by itself</span>
      ) : (
        <>
          <span className="shrink-0 text-muted">· next</span>
          <span className="min-w-0 truncate" title={next.title}>
            {next.title}
          </span>
          <span className="num ml-auto shrink-0 text-muted">in {formatAge(Math.max(0, inNs))}</span>
        </>
      )}
    </p>
  );
}
