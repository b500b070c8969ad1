/** A small filled line; the last value is at the right edge. Needs two values to draw; what is not known leaves a gap. */
export function Sparkline({
  values,
  width = 96,
  height = 26,
  tone = 'plain',
}: {
  readonly values: readonly (number | undefined)[];
  readonly width?: number;
  readonly height?: number;
  readonly tone?: 'plain' | 'crit' | 'warn' | 'mesh' | 'dns';
}) {
  const runs = sparkRuns(values, width, height);
  if (runs.length === 0) return <span style={{ display: 'block', height }} aria-hidden />;
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className="block w-full"
      style={{ height, color: `var(--${tone})` }}
      aria-hidden
    >
      {runs.map(({ line, area }) => (
        <g key={line}>
          <path d={area} fill="currentColor" opacity="0.2" />
          <path
            d={line}
            fill="none"
            stroke="currentColor"
            strokeWidth="1.4"
            vectorEffect="non-scaling-stroke"
          />
        </g>
      ))}
    </svg>
  );
}

/** The lines between the gaps, with the ground below each; a value between two gaps draws nothing. */
export function sparkRuns(
  values: readonly (number | undefined)[],
  width: number,
  height: number,
): readonly { readonly line: string; readonly area: string }[] {
  const top = Math.max(1e-9, ...values.filter((value) => value !== undefined));
  const runs: { x: number; text: string }[][] = [[]];
  values.forEach((value, i) => {
    if (value === undefined) {
      runs.push([]);
      return;
    }
    const x = (i / (values.length - 1)) * width;
    const y = height - 1 - (value / top) * (height - 3);
    runs.at(-1)?.push({ x, text: `${x.toFixed(1)} ${y.toFixed(1)}` });
  });
  return runs.flatMap((points) => {
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined || points.length < 2) return [];
    const line = `M${points.map(({ text }) => text).join('L')}`;
    const area = `${line}L${last.x.toFixed(1)} ${height}L${first.x.toFixed(1)} ${height}Z`;
    return [{ line, area }];
  });
}
