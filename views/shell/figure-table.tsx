'use client';

import { Table2 } from 'lucide-react';
import { Popover } from './popover.tsx';

/** A chart's figures in words: the first column says when or what. */
export interface Figures {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly key: string; readonly cells: readonly string[] }[];
}

/** The same figures as the chart beside it, as a table over it; `read` is asked when it is opened. */
export function FigureTable({
  name,
  side = 'top',
  read,
}: {
  /** What the figures are: "Calls by routing". */
  readonly name: string;
  readonly side?: 'top' | 'bottom';
  readonly read: () => Figures;
}) {
  return (
    <Popover
      name={`${name}: show as table`}
      button={<Table2 size={14} aria-hidden />}
      buttonClass="grid size-6 shrink-0 place-items-center rounded-md text-muted hover:bg-raise hover:text-fg"
      align="left"
      side={side}
      className="w-max max-w-[min(720px,90vw)]"
    >
      {() => <FigureRows name={name} figures={read()} className="max-h-[320px]" />}
    </Popover>
  );
}

/** The table alone, where it stands in the place of the chart. */
export function FigureRows({
  name,
  figures,
  className,
}: {
  readonly name: string;
  readonly figures: Figures;
  readonly className: string;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section aria-label={name} tabIndex={0} className={`overflow-auto px-3 pb-2 ${className}`}>
      <table className="w-full border-collapse text-xs">
        <caption className="sr-only">{name}</caption>
        <thead className="sticky top-0 bg-panel text-muted">
          <tr>
            {figures.columns.map((column, i) => (
              <th
                key={column}
                scope="col"
                className={`whitespace-nowrap py-2 font-medium ${i === 0 ? 'pr-4 text-left' : 'pl-4 text-right'}`}
              >
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {figures.rows.map(({ key, cells: [first, ...rest] }) => (
            <tr key={key} className="border-line border-t">
              <th scope="row" className="num whitespace-nowrap py-1 pr-4 text-left font-normal">
                {first}
              </th>
              {rest.map((cell, i) => (
                <td
                  key={figures.columns[i + 1]}
                  className="tabular whitespace-nowrap pl-4 text-right"
                >
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {figures.rows.length === 0 && <p className="py-2 text-muted text-xs">Nothing yet</p>}
    </section>
  );
}
