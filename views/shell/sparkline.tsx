/** A small filled line; the last value is at the right edge. Needs two values to draw. */
export function Sparkline({
  values,
  width = 96,
  height = 26,
  tone = 'plain',
}: {
  readonly values: readonly number[];
  readonly width?: number;
  readonly height?: number;
  readonly tone?: 'plain' | 'crit' | 'warn' | 'mesh' | 'dns';
}) {
  if (values.length < 2) return <span style={{ display: 'block', height }} aria-hidden />;
  const top = Math.max(...values, 1e-9);
  const points = values.map((value, i) => {
    const x = (i / (values.length - 1)) * width;
    const y = height - 1 - (value / top) * (height - 3);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  const line = `M${points.join('L')}`;
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className="block w-full"
      style={{ height, color: `var(--${tone})` }}
      aria-hidden
    >
      <path d={`${line}L${width} ${height}L0 ${height}Z`} fill="currentColor" opacity="0.2" />
      <path
        d={line}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.4"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}
