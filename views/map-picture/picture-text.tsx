import type { ReactNode } from 'react';

/** Named, not embedded: a viewer without Geist takes the next of the list. */
export const FONT = "Geist, 'Geist Sans', Inter, 'Helvetica Neue', Arial, sans-serif";

/** The text, cut with an ellipsis where it is wider than `maxPx`. */
export type CutText = (text: string, maxPx: number, sizePx: number, weight?: number) => string;
export type MeasureText = (text: string, sizePx: number, weight: number) => number;

export function cutWith(measure: MeasureText): CutText {
  return (text, maxPx, sizePx, weight = 400) => {
    if (measure(text, sizePx, weight) <= maxPx) return text;
    let length = text.length - 1;
    while (length > 0 && measure(`${text.slice(0, length)}…`, sizePx, weight) > maxPx) length--;
    return `${text.slice(0, length).trimEnd()}…`;
  };
}

/** One line of text; `y` is its baseline. */
export function Words({
  x,
  y,
  size = 11.5,
  weight,
  fill,
  anchor,
  children,
}: {
  readonly x: number;
  readonly y: number;
  readonly size?: number;
  readonly weight?: number;
  readonly fill: string;
  readonly anchor?: 'middle' | 'end';
  readonly children: ReactNode;
}) {
  return (
    <text
      x={x}
      y={y}
      fontSize={size}
      fill={fill}
      {...(weight === undefined ? {} : { fontWeight: weight })}
      {...(anchor === undefined ? {} : { textAnchor: anchor })}
    >
      {children}
    </text>
  );
}
