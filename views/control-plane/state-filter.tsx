'use client';

import type { XdsClient, XdsClientVerdict } from '#analysis/control-plane/xds-client.ts';
import { formatPlural } from '#views/format/format-number.ts';
import { classNames } from '#views/shell/class-names.ts';
import { Panel } from '#views/shell/panel.tsx';
import { VERDICT_ORDER, VERDICT_TEXT, type VerdictTone, verdictLook } from './verdict-look.ts';

const BARS: Readonly<Record<VerdictTone, string>> = {
  ok: 'bg-ok',
  warn: 'bg-warn-solid',
  crit: 'bg-crit',
  quiet: 'bg-dim',
};
const MAX_BARS = 8;

/** How many clients are in each state; each count is a filter of the table. */
export function StateFilter({
  clients,
  chosen,
  onChoose,
}: {
  readonly clients: readonly XdsClient[];
  readonly chosen: XdsClientVerdict | undefined;
  readonly onChoose: (verdict: XdsClientVerdict | undefined) => void;
}) {
  return (
    <Panel
      title={formatPlural(clients.length, 'client')}
      actions={<span className="text-muted text-xs">click to filter</span>}
      className="h-full"
    >
      <ul className="flex min-h-0 flex-1 flex-col overflow-auto py-1.5">
        {VERDICT_ORDER.flatMap((verdict) => {
          const count = clients.filter((client) => client.verdict === verdict).length;
          if (count === 0 && verdict !== 'in-sync') return [];
          const { Icon, tone, word } = verdictLook(verdict);
          const isChosen = verdict === chosen;
          return [
            <li key={verdict}>
              <button
                type="button"
                aria-pressed={isChosen}
                onClick={() => onChoose(isChosen ? undefined : verdict)}
                className={classNames(
                  'flex h-7 w-full items-center gap-2 px-3.5 text-left text-sm hover:bg-raise',
                  isChosen && 'bg-raise',
                )}
              >
                <Icon size={14} className={`shrink-0 ${VERDICT_TEXT[tone]}`} aria-hidden />
                <span className="truncate">{word}</span>
                <Bars count={Math.min(count, MAX_BARS)} className={BARS[tone]} />
                <span className="tabular w-5 text-right font-semibold">{count}</span>
              </button>
            </li>,
          ];
        })}
      </ul>
    </Panel>
  );
}

function Bars({ count, className }: { readonly count: number; readonly className: string }) {
  return (
    <span
      className={`ml-auto h-[5px] rounded-sm ${className}`}
      style={{ width: count * 13 }}
      aria-hidden
    />
  );
}
