'use client';

import { memo } from 'react';
import { Area, AreaChart, YAxis } from 'recharts';
import type { RoutingMode } from '#telemetry/routing-mode.ts';
import type { ReplaySeries } from '#views/replay/replay-series.ts';
import { type RoutingForm, routingLook } from '#views/theme/routing-look.ts';

const HUES = { mesh: 'var(--mesh)', dns: 'var(--dns)', crit: 'var(--crit)', plain: 'var(--plain)' };

/** Calls between services, stacked by how the callee was found: hue says mesh or DNS, the pattern says the rest. */
export const RoutingArea = memo(function RoutingArea({
  series,
  widthPx,
  heightPx,
}: {
  readonly series: ReplaySeries;
  readonly widthPx: number;
  readonly heightPx: number;
}) {
  const bins = series.failed.length;
  const rows = Array.from({ length: bins }, (_, bin) => ({
    bin,
    ...Object.fromEntries(series.modes.map((mode) => [mode, series.calls[mode]?.[bin] ?? 0])),
  }));
  // A stack of areas draws between bins; the last value is drawn on to the end of its bin.
  const last = rows.at(-1);
  const drawn = last === undefined ? rows : [...rows, { ...last, bin: bins }];
  return (
    <AreaChart
      width={widthPx}
      height={heightPx}
      data={drawn}
      margin={{ top: 4, right: 0, bottom: 0, left: 0 }}
      accessibilityLayer={false}
    >
      <defs>
        {series.modes.map((mode) => (
          <Pattern key={mode} mode={mode} />
        ))}
      </defs>
      <YAxis hide domain={[0, 'dataMax']} />
      {series.modes.map((mode) => (
        <Area
          key={mode}
          dataKey={mode}
          stackId="calls"
          type="stepAfter"
          stroke="none"
          fill={`url(#replay-${mode})`}
          fillOpacity={1}
          isAnimationActive={false}
          dot={false}
          activeDot={false}
        />
      ))}
    </AreaChart>
  );
});

function Pattern({ mode }: { readonly mode: RoutingMode }) {
  const { form, hue } = routingLook(mode);
  return (
    <pattern id={`replay-${mode}`} width="7" height="7" patternUnits="userSpaceOnUse">
      <rect width="7" height="7" fill={HUES[hue]} opacity={form === 'solid' ? 0.34 : 0.13} />
      <Strokes form={form} colour={HUES[hue]} />
    </pattern>
  );
}

function Strokes({ form, colour }: { readonly form: RoutingForm; readonly colour: string }) {
  switch (form) {
    case 'double':
      return <path d="M0 2h7M0 5.5h7" stroke={colour} strokeWidth="1" opacity="0.6" />;
    case 'broken':
      return <path d="M1.5 1.5l4 4m0-4l-4 4" stroke={colour} strokeWidth="1.1" opacity="0.9" />;
    case 'dashed':
      return (
        <path
          d="M-1 8L8 -1M-4.500 4.500L4.500 -4.500M2.500 11.500L11.500 2.500"
          stroke={colour}
          strokeWidth="1.3"
          opacity="0.65"
        />
      );
    case 'dotted':
    case 'faint':
      return <circle cx="3.500" cy="3.500" r="0.9" fill={colour} opacity="0.7" />;
    case 'solid':
      return null;
  }
}
