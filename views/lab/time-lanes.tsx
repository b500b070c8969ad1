import type { LabRun, LabScenario, LabStep } from './lab-run.ts';

/** The outage as it was published and this run of it, on one scale. Nothing is drawn for a scenario without published times. */
export function TimeLanes({
  scenario,
  run,
}: {
  readonly scenario: LabScenario;
  readonly run: LabRun | undefined;
}) {
  const published = scenario.steps.filter((step) => step.historic !== undefined);
  const share = (seconds: number) => Math.min(1, seconds / scenario.durationSeconds) * 100;
  const elapsed = run === undefined ? 0 : share(run.elapsedSeconds);
  return (
    <div className="grid grid-cols-[72px_1fr] gap-x-3 gap-y-3 border-line border-b px-4 py-4 text-xs">
      {published.length > 1 && (
        <>
          <span className="pt-5 text-muted">then, UTC</span>
          <div>
            <Words steps={published} share={share} />
            <div className="relative h-2.5 rounded-sm bg-raise">
              <span
                className="absolute inset-y-0 rounded-sm bg-crit/45"
                style={{
                  left: `${share(published[0]?.atSeconds ?? 0)}%`,
                  right: `${100 - share(published.at(-1)?.atSeconds ?? 0)}%`,
                }}
              />
              <Ticks steps={published} share={share} />
            </div>
          </div>
        </>
      )}
      <span className="text-muted">this run</span>
      <div
        className="relative h-2.5 rounded-sm bg-raise"
        role="progressbar"
        aria-label="Progress of the run"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(elapsed)}
      >
        <span
          className="absolute inset-y-0 left-0 rounded-sm bg-accent"
          style={{ width: `${elapsed}%` }}
        />
        <Ticks steps={scenario.steps} share={share} />
      </div>
    </div>
  );
}

/** First, last and every one with room between. */
function Words({
  steps,
  share,
}: {
  readonly steps: readonly LabStep[];
  readonly share: (seconds: number) => number;
}) {
  let free = -1;
  const shown = steps.filter((step) => {
    const at = share(step.atSeconds);
    if (at < free) return false;
    free = at + 9;
    return true;
  });
  return (
    <div className="relative h-5">
      {shown.map((step) => (
        <span
          key={`${step.atSeconds}${step.title}`}
          className="num absolute -translate-x-1/2"
          style={{ left: `${Math.max(2.5, Math.min(97.5, share(step.atSeconds)))}%` }}
          title={step.title}
        >
          {step.historic}
        </span>
      ))}
    </div>
  );
}

function Ticks({
  steps,
  share,
}: {
  readonly steps: readonly LabStep[];
  readonly share: (seconds: number) => number;
}) {
  return steps.map((step) => (
    <span
      key={`${step.atSeconds}${step.title}`}
      title={step.title}
      className="-inset-y-[3px] absolute w-[2px] bg-fg/60"
      style={{ left: `${share(step.atSeconds)}%` }}
    />
  ));
}
