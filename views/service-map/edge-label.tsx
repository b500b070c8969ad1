'use client';

import type { ServiceEdge } from '#analysis/service-map/service-map.ts';
import { classNames } from '#views/shell/class-names.ts';
import { describeEdge, speakEdge } from './describe-edge.ts';
import type { LabelSize } from './place-labels.ts';
import type { Point } from './polyline.ts';

const TONES = {
  plain: 'text-muted',
  crit: 'text-crit-text font-medium',
  warn: 'text-warn-text font-medium',
  dns: 'text-dns-text',
  mesh: 'text-mesh-text',
} as const;

/** On a map that is drawn small a target keeps its 24 px on the screen (WCAG 2.2, 2.5.8). */
const TARGET_SIZE = 'calc(24px / min(1, var(--map-scale, 1)))';

/** A rough size is enough, and better: a rate that gains a digit must not send its label elsewhere. */
export function measureLabel(edge: ServiceEdge, near: Point | undefined): LabelSize {
  const { rate, note } = describeEdge(edge);
  return {
    id: edge.id,
    width: Math.ceil((Math.max(rate.length, note.length) * 6 + 12) / 20) * 20,
    height: note === '' ? 24 : 34,
    ...(near === undefined ? {} : { near }),
  };
}

/** The words beside an edge; a button, so that an edge can be picked without aiming at a line. */
export function EdgeLabel({
  edge,
  at,
  isSelected,
  onSelect,
  onHover,
}: {
  readonly edge: ServiceEdge;
  readonly at: Point;
  readonly isSelected: boolean;
  readonly onSelect: (id: string) => void;
  readonly onHover: (id: string | undefined) => void;
}) {
  const { rate, note, tone } = describeEdge(edge);
  return (
    <button
      type="button"
      data-edge={edge.id}
      aria-label={speakEdge(edge)}
      aria-pressed={isSelected}
      onClick={() => onSelect(edge.id)}
      onMouseEnter={() => onHover(edge.id)}
      onMouseLeave={() => onHover(undefined)}
      onFocus={() => onHover(edge.id)}
      onBlur={() => onHover(undefined)}
      className="-translate-x-1/2 -translate-y-1/2 absolute z-10 flex items-center justify-center whitespace-nowrap"
      style={{ left: at.x, top: at.y, minWidth: TARGET_SIZE, minHeight: TARGET_SIZE }}
    >
      <span
        className={classNames(
          'tabular block rounded-md bg-bg/80 px-1 text-center text-xs leading-[15px] hover:bg-raise',
          isSelected && 'outline-2 outline-select',
        )}
      >
        <span className={tone === 'crit' ? TONES.crit : edge.calls === 0 ? 'text-dim' : undefined}>
          {rate}
        </span>
        {note !== '' && <span className={`block ${TONES[tone]}`}>{note}</span>}
      </span>
    </button>
  );
}
