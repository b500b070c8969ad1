import { Check, CircleDashed, Clock, X } from 'lucide-react';
import { unixNano } from '#telemetry/time.ts';
import { formatOffset } from '#views/format/format-time.ts';
import { classNames } from '#views/shell/class-names.ts';
import { Instant } from '#views/shell/instant.tsx';
import type { LabRun, LabScenario, LabStepRun, StepState } from './lab-run.ts';

const LOOKS: Readonly<
  Record<
    StepState,
    { readonly Icon: typeof Check; readonly className: string; readonly word: string }
  >
> = {
  waiting: { Icon: CircleDashed, className: 'border-edge text-dim', word: 'waiting' },
  running: { Icon: Clock, className: 'border-accent text-accent', word: 'under way' },
  done: { Icon: Check, className: 'border-ok-edge text-ok', word: 'done' },
  failed: { Icon: X, className: 'border-crit text-crit', word: 'failed' },
};

/** The steps as they happen: when, what is done, and what should be seen after it. */
export function LabSteps({
  scenario,
  run,
}: {
  readonly scenario: LabScenario;
  readonly run: LabRun | undefined;
}) {
  const speed = run?.speed ?? scenario.defaultSpeed ?? 1;
  const steps: readonly LabStepRun[] =
    run?.steps ?? scenario.steps.map((step) => ({ ...step, state: 'waiting' }));
  return (
    <ol className="px-4 py-3">
      {steps.map((step) => (
        <StepRow
          key={`${step.atSeconds}${step.title}`}
          step={step}
          speed={speed}
          isPlan={run === undefined}
        />
      ))}
    </ol>
  );
}

function StepRow({
  step,
  speed,
  isPlan,
}: {
  readonly step: LabStepRun;
  readonly speed: number;
  /** Nothing has run yet: the steps are a plan, and none of them is behind. */
  readonly isPlan: boolean;
}) {
  const { Icon, className, word } = LOOKS[step.state];
  return (
    <li className="group relative flex gap-3 pb-3">
      <span className="w-[74px] shrink-0 text-right">
        <span className="num block text-sm">{formatOffset((step.atSeconds / speed) * 1e9)}</span>
        <span className="num block text-dim text-xs">
          {step.historic ?? step.clock ?? ''}
          {step.historic !== undefined && <span className="sr-only"> published</span>}
        </span>
      </span>
      <span className="relative shrink-0">
        <span className="absolute top-[22px] bottom-[-12px] left-[10px] w-px bg-edge group-last:hidden" />
        <span
          className={`relative grid size-[21px] place-items-center rounded-full border bg-panel ${className}`}
        >
          <Icon size={12} aria-hidden />
          <span className="sr-only">{word}</span>
        </span>
      </span>
      <span className="min-w-0 flex-1">
        <span
          className={classNames(
            'block',
            step.state === 'waiting' && !isPlan ? 'text-muted' : 'font-medium',
          )}
        >
          {step.title}
        </span>
        <span className="block text-muted text-xs">expect: {step.expect}</span>
        {step.detail !== undefined && step.detail !== '' && (
          <span
            className={`block text-xs ${step.state === 'failed' ? 'text-crit-text' : 'text-dim'}`}
          >
            {step.detail}
          </span>
        )}
      </span>
      {step.atUnixNano !== undefined && (
        <Instant at={unixNano(BigInt(step.atUnixNano))} className="shrink-0 text-muted text-xs" />
      )}
    </li>
  );
}
