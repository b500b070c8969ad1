import { memo } from 'react';
import { runsOf } from '#views/replay/replay-series.ts';

/** How a stretch is drawn: a state is a height and a pattern first, then a colour. */
export interface StripState {
  readonly word: string;
  readonly heightPx: number;
  readonly background: string;
  /** Class for its words. */
  readonly text: string;
}

/** One state a frame, drawn as stretches. */
export const StateStrip = memo(function StateStrip({
  values,
  states,
  label,
}: {
  readonly values: readonly number[];
  /** By value. */
  readonly states: readonly StripState[];
  readonly label: string;
}) {
  const runs = runsOf(values);
  const words = runs
    .slice(0, 12)
    .map((run) => states[run.value]?.word ?? '')
    .join(', then ');
  return (
    <div className="relative h-[14px] bg-raise/60" role="img" aria-label={`${label}: ${words}`}>
      {runs.map((run) => {
        const state = states[run.value];
        return state === undefined ? null : (
          <span
            key={run.from}
            title={state.word}
            className="absolute bottom-[1px]"
            style={{
              left: `${(run.from / values.length) * 100}%`,
              width: `${((run.to - run.from) / values.length) * 100}%`,
              height: state.heightPx,
              background: state.background,
            }}
          />
        );
      })}
    </div>
  );
});

const stripes = (token: string) =>
  `repeating-linear-gradient(115deg, var(--${token}) 0 3px, color-mix(in oklab, var(--${token}) 55%, var(--bg)) 3px 6px)`;
const dashes = (token: string) =>
  `repeating-linear-gradient(90deg, var(--${token}) 0 5px, transparent 5px 7px)`;

/** In the order of `serverSays`: unknown, healthy, trouble, silent. */
export const SERVER_STATES: readonly StripState[] = [
  { word: 'unknown', heightPx: 2, background: dashes('dim'), text: 'text-muted' },
  { word: 'healthy', heightPx: 4, background: dashes('ok'), text: '' },
  { word: 'in trouble', heightPx: 10, background: stripes('warn'), text: 'text-warn-text' },
  { word: 'silent', heightPx: 12, background: stripes('crit'), text: 'text-crit-text' },
];

/** Nobody heard, all well, some in trouble, more than half. */
export const CLIENT_STATES: readonly StripState[] = [
  { word: 'no client reports', heightPx: 2, background: dashes('dim'), text: 'text-muted' },
  { word: 'all clients well', heightPx: 4, background: dashes('ok'), text: '' },
  {
    word: 'some clients in trouble',
    heightPx: 8,
    background: stripes('warn'),
    text: 'text-warn-text',
  },
  {
    word: 'most clients in trouble',
    heightPx: 12,
    background: stripes('crit'),
    text: 'text-crit-text',
  },
];

/** The index into `CLIENT_STATES`. */
export function clientState(troubled: number, seen: number): number {
  if (seen === 0) return 0;
  if (troubled === 0) return 1;
  return troubled / seen > 0.5 ? 3 : 2;
}
