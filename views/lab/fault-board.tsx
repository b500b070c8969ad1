'use client';

import { useState } from 'react';
import { formatPlural } from '#views/format/format-number.ts';
import { Badge } from '#views/shell/badge.tsx';
import { Panel } from '#views/shell/panel.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';
import { Skeleton } from '#views/shell/skeleton.tsx';
import { Knob } from './knob.tsx';
import { type LabFault, type LabFaults, useFaults } from './use-faults.ts';

const PARTS: readonly {
  readonly part: LabFault['part'];
  readonly title: string;
  readonly hint: string;
}[] = [
  { part: 'control-plane', title: 'Control plane', hint: 'xDS server' },
  { part: 'dns', title: 'DNS', hint: 'authoritative server' },
  { part: 'relay', title: 'Links', hint: 'to the control plane and to DNS' },
  { part: 'services', title: 'Services', hint: 'all instances' },
];

/** Every fault of the lab as a switch. What is on is read from the part that has it, never remembered here. */
export function FaultBoard() {
  const board = useFaults();
  const { faults, error } = board;
  if (faults === undefined) {
    return (
      <div className="grid flex-1 grid-cols-2 gap-3 p-3">
        {PARTS.map(({ part }) => (
          <Skeleton key={part} />
        ))}
      </div>
    );
  }
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-3 p-3">
      {error !== undefined && (
        <p
          role="alert"
          className="rounded-lg border border-crit-edge bg-crit-fill px-3 py-1.5 text-crit-text"
        >
          {error}
        </p>
      )}
      <div className="grid min-h-0 flex-1 auto-rows-[minmax(0,1fr)] grid-cols-2 gap-3 min-[1500px]:grid-cols-4">
        {PARTS.map(({ part, title, hint }) => (
          <PartPanel
            key={part}
            title={title}
            hint={hint}
            faults={faults.filter((fault) => fault.part === part)}
            board={board}
          />
        ))}
      </div>
    </div>
  );
}

function PartPanel({
  title,
  hint,
  faults,
  board,
}: {
  readonly title: string;
  readonly hint: string;
  readonly faults: readonly LabFault[];
  readonly board: LabFaults;
}) {
  const isSilent = faults.every(({ on }) => on === undefined);
  const held = faults.reduce((sum, { on }) => sum + (on?.length ?? 0), 0);
  return (
    <Panel
      title={title}
      hint={hint}
      className="min-w-0"
      actions={
        isSilent ? (
          <Badge tone="warn">does not answer</Badge>
        ) : held > 0 ? (
          <Badge tone="crit">{formatPlural(held, 'fault')}</Badge>
        ) : (
          <Badge tone="ok">no fault</Badge>
        )
      }
    >
      <ScrollArea name={`Faults, ${title}`}>
        <ul>
          {faults.map((fault) => (
            <FaultRow key={fault.id} fault={fault} board={board} />
          ))}
        </ul>
      </ScrollArea>
    </Panel>
  );
}

function FaultRow({ fault, board }: { readonly fault: LabFault; readonly board: LabFaults }) {
  const { id, name, technical, effect, targets, on } = fault;
  const [chosen, setChosen] = useState(on?.[0] ?? targets[0] ?? '');
  // Links are known only once the relay has answered.
  const target = targets.length === 0 || targets.includes(chosen) ? chosen : (targets[0] ?? '');
  const isOn = on?.includes(target) === true;
  const elsewhere = (on ?? []).filter((one) => one !== target);
  return (
    <li className="flex items-start gap-3 border-line border-b px-3.5 py-2.5">
      <span className="min-w-0 flex-1">
        <span className="block font-semibold text-sm">{name}</span>
        <span className="block text-muted text-xs">{technical}</span>
        <span className="mt-0.5 block text-sm">{effect}</span>
        {elsewhere.length > 0 && (
          <span className="block text-crit-text text-xs">also on for {elsewhere.join(', ')}</span>
        )}
      </span>
      <span className="flex shrink-0 items-center gap-2">
        {targets.length > 0 && (
          <select
            value={target}
            onChange={(event) => setChosen(event.target.value)}
            aria-label={`${name}: made to`}
            className="h-7 rounded-md border border-edge bg-panel px-1 text-sm hover:border-dim"
          >
            {targets.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        )}
        <button
          type="button"
          role="switch"
          aria-checked={isOn}
          aria-label={`${name}${target === '' ? '' : `, ${target}`}`}
          disabled={on === undefined || board.pending === `${id} ${target}`}
          onClick={() => void board.set(id, target, !isOn)}
          className="grid h-7 place-items-center rounded-full px-0.5 disabled:opacity-50"
        >
          <Knob isOn={isOn} tone="crit" />
        </button>
      </span>
    </li>
  );
}
