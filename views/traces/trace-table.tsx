'use client';

import { CircleAlert } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useMemo, useRef } from 'react';
import type { ModeCount } from '#analysis/service-map/service-map.ts';
import type { RoutingMode } from '#telemetry/routing-mode.ts';
import type { TraceSummary } from '#telemetry/trace-summary.ts';
import { formatCount, formatPlural } from '#views/format/format-number.ts';
import { formatDuration, formatIso } from '#views/format/format-time.ts';
import { useKeys } from '#views/shell/keys.tsx';
import { SplitBar } from '#views/shell/split-bar.tsx';
import { MODE_ORDER, routingLook } from '#views/theme/routing-look.ts';

/** Newest first. */
export function TraceTable({ traces }: { readonly traces: readonly TraceSummary[] }) {
  const body = useRef<HTMLTableSectionElement>(null);
  const router = useRouter();
  const longest = traces.reduce((most, trace) => Math.max(most, trace.durationNs), 1);
  const bindings = useMemo(() => {
    const step = (by: number) => () => {
      const links = [...(body.current?.querySelectorAll<HTMLElement>('a[data-trace]') ?? [])];
      const at = links.indexOf(document.activeElement as HTMLElement);
      links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
    };
    return [
      { keys: 'j', label: 'Next trace', run: step(1) },
      { keys: 'k', label: 'Previous trace', run: step(-1) },
    ];
  }, []);
  useKeys('Traces', bindings);
  return (
    <table className="w-full min-w-[880px] text-sm">
      <caption className="sr-only">Traces found, newest first</caption>
      <thead className="sticky top-0 z-10 bg-bg text-left text-muted text-xs">
        <tr className="h-8 shadow-[inset_0_-1px_0_var(--line)]">
          <th className="pr-2 pl-4 font-medium">Time, UTC ↓</th>
          <th className="w-[21%] px-2 font-medium">Request</th>
          <th className="px-2 font-medium">Trace</th>
          <th className="w-[20%] px-2 font-medium">Hops by routing</th>
          <th className="px-2 text-right font-medium">Spans</th>
          <th className="px-2 font-medium">Errors</th>
          <th className="px-2 font-medium">Status</th>
          <th className="w-[20%] px-4 font-medium">Duration</th>
        </tr>
      </thead>
      <tbody ref={body}>
        {traces.map((trace) => (
          <TraceRow
            key={trace.traceId}
            trace={trace}
            longest={longest}
            onOpen={() => router.push(`/traces/${trace.traceId}`)}
          />
        ))}
      </tbody>
    </table>
  );
}

function TraceRow({
  trace,
  longest,
  onOpen,
}: {
  readonly trace: TraceSummary;
  readonly longest: number;
  readonly onOpen: () => void;
}) {
  const failed = trace.rootStatus === 'error';
  return (
    <tr
      onClick={onOpen}
      className="h-8 cursor-pointer border-line border-b focus-within:bg-raise focus-within:shadow-[inset_3px_0_0_var(--select)] hover:bg-raise/60"
    >
      <td className="num whitespace-nowrap pr-2 pl-4 text-muted text-xs">
        {formatIso(trace.startUnixNano).slice(11, 23)}
      </td>
      <td className="max-w-0 truncate px-2">
        <Link
          data-trace
          href={`/traces/${trace.traceId}`}
          prefetch={false}
          className="outline-none"
          onClick={(event) => event.stopPropagation()}
        >
          <span className="font-medium">{trace.rootName}</span>{' '}
          <span className="text-muted">
            {trace.rootService}
            {trace.hasRoot ? '' : ', root not arrived'}
          </span>
        </Link>
      </td>
      <td className="num px-2 text-muted text-xs">{trace.traceId.slice(0, 8)}</td>
      <td className="px-2">
        <Hops trace={trace} />
      </td>
      <td className="num px-2 text-right text-xs">{formatCount(trace.spanCount)}</td>
      <td className="px-2">
        {trace.errorCount > 0 ? (
          <span className="flex items-center gap-1 text-crit-text text-xs">
            <CircleAlert size={12} aria-hidden />
            <span className="num">{formatCount(trace.errorCount)}</span>
            <span className="sr-only">failed spans</span>
          </span>
        ) : (
          <span className="text-dim text-xs">0</span>
        )}
      </td>
      <td className={`px-2 text-xs ${failed ? 'text-crit-text' : 'text-muted'}`}>
        {failed ? 'failed' : 'answered'}
      </td>
      <td className="px-4">
        <span className="flex items-center gap-2">
          <span
            className="block h-2 min-w-[2px] shrink-0 rounded-[2px]"
            style={{
              width: `${(trace.durationNs / longest) * 68}%`,
              background: failed
                ? 'color-mix(in oklab, var(--crit) 62%, var(--bg))'
                : 'var(--version-old)',
            }}
          />
          <span className="num whitespace-nowrap text-xs">{formatDuration(trace.durationNs)}</span>
        </span>
      </td>
    </tr>
  );
}

const SHORT: Readonly<Partial<Record<RoutingMode, string>>> = {
  'xds-live': 'mesh',
  'xds-cached': 'cached',
  'xds-fallback': 'fallback',
  'xds-none': 'no config',
  dns: 'DNS',
};

function Hops({ trace }: { readonly trace: TraceSummary }) {
  const counts = MODE_ORDER.flatMap((mode): readonly ModeCount[] => {
    const calls = trace.hopsByMode[mode] ?? 0;
    return calls === 0 ? [] : [{ mode, calls, errors: 0 }];
  });
  if (counts.length === 0) return <span className="text-dim text-xs">no hops</span>;
  const words = counts
    .map(
      ({ mode, calls }) =>
        `${formatCount(calls)} ${SHORT[mode] ?? routingLook(mode).label.toLowerCase()}`,
    )
    .join(', ');
  return (
    <span className="flex items-center gap-2.5">
      <span className="w-20 shrink-0 max-[1200px]:w-12">
        <SplitBar counts={counts} heightPx={6} silent />
      </span>
      <span className="truncate text-muted text-xs" title={words}>
        {words}
      </span>
    </span>
  );
}

/** "368 traces". */
export function countWords(traces: readonly TraceSummary[], hasMore: boolean): string {
  return hasMore
    ? `newest ${formatPlural(traces.length, 'trace')}`
    : formatPlural(traces.length, 'trace');
}
