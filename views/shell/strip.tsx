/** A row of bars, one a bucket: height says how much, so that it reads without colour. */
export function Strip({
  values,
  max,
  tone,
  loudFrom = 0,
  heightPx = 14,
  label,
}: {
  readonly values: readonly number[];
  /** What fills the height; the largest value when left out. */
  readonly max?: number;
  readonly tone: 'crit' | 'warn' | 'ok' | 'mesh' | 'dns' | 'control' | 'plain';
  /** Lower bars are quiet: they are as usual. */
  readonly loudFrom?: number;
  readonly heightPx?: number;
  /** What it shows, for those who cannot see it. */
  readonly label: string;
}) {
  const top = max ?? Math.max(...values, 1e-9);
  const barsOf = (isDrawn: (value: number) => boolean) =>
    values
      .map((value, i) => {
        if (value <= 0 || !isDrawn(value)) return '';
        const height = Math.max(1.5, Math.min(1, value / top) * heightPx);
        return `M${i + 0.5} ${heightPx}v${(-height).toFixed(2)}`;
      })
      .join('');
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${Math.max(1, values.length)} ${heightPx}`}
      preserveAspectRatio="none"
      className="block w-full bg-raise/60"
      style={{ height: heightPx, color: `var(--${tone})` }}
    >
      {loudFrom > 0 && (
        <path d={barsOf((value) => value < loudFrom)} stroke="var(--dim)" strokeWidth="0.8" />
      )}
      <path
        d={barsOf((value) => value >= loudFrom)}
        stroke="currentColor"
        strokeWidth="0.8"
        fill="none"
      />
    </svg>
  );
}
