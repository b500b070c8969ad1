import { Fragment } from 'react';
import type { RequestGroup } from '#analysis/own-health/sum-requests.ts';
import { formatBytes, formatCount } from '#views/format/format-number.ts';
import { refusalWords } from './refusal-words.ts';

const NO_SIGNAL = 'no signal named';

/** Requests by signal, transport and outcome; below each, why some were refused, as the client heard it. */
export function RequestTable({ groups }: { readonly groups: readonly RequestGroup[] }) {
  return (
    <table className="w-full min-w-[860px] border-collapse text-sm">
      <thead className="sticky top-0 z-10 bg-panel text-left text-muted text-xs">
        <tr className="h-8 border-line border-b">
          <th className="pl-3.5 font-normal">Signal</th>
          <th className="font-normal">Transport</th>
          <th className="pr-4 text-right font-normal">Stored</th>
          <th className="pr-4 text-right font-normal">Partly stored</th>
          <th className="pr-4 text-right font-normal">Refused</th>
          <th className="pr-4 text-right font-normal">Received</th>
          <th className="pr-4 text-right font-normal">Items accepted</th>
          <th className="pr-3.5 text-right font-normal">Items rejected</th>
        </tr>
      </thead>
      <tbody>
        {groups.map((group) => (
          <Fragment key={`${group.signal} ${group.transport}`}>
            <GroupRow group={group} />
            <RefusalRows group={group} />
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

function GroupRow({ group }: { readonly group: RequestGroup }) {
  return (
    <tr className="h-[34px] border-line border-t">
      <th scope="row" className="pl-3.5 text-left font-semibold">
        {group.signal ?? <span className="font-normal text-muted">{NO_SIGNAL}</span>}
      </th>
      <td className="num">{group.transport}</td>
      <td className="num pr-4 text-right">{formatCount(group.stored)}</td>
      <Troubled count={group.partlyStored} tone="text-warn-text" />
      <Troubled count={group.refused} tone="text-crit-text" />
      <td className="num pr-4 text-right">{formatBytes(group.bytes)}</td>
      <td className="num pr-4 text-right">{formatCount(group.acceptedItems)}</td>
      <Troubled count={group.rejectedItems} tone="text-warn-text" />
    </tr>
  );
}

function Troubled({ count, tone }: { readonly count: number; readonly tone: string }) {
  return (
    <td className={`num pr-4 text-right last:pr-3.5 ${count > 0 ? `font-semibold ${tone}` : ''}`}>
      {formatCount(count)}
    </td>
  );
}

function RefusalRows({ group }: { readonly group: RequestGroup }) {
  return group.refusals.map(({ reason, requests }) => {
    const { what, answer, again } = refusalWords(group.transport, reason);
    return (
      <tr key={reason} className="h-7 text-xs">
        <td colSpan={4} className="pl-8 text-muted">
          refused: {what} · <span className="num text-fg">{answer}</span> · {again}
        </td>
        <td className="num pr-4 text-right">{formatCount(requests)}</td>
        <td colSpan={3} />
      </tr>
    );
  });
}
