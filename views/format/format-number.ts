/** "0", "7.2", "24", "950", "1.2k", "31k", "4.5M": three figures at most, for places where the size matters. */
export function formatCompact(value: number): string {
  const size = Math.abs(value);
  if (size >= 999_500) return `${trim(value / 1_000_000)}M`;
  if (size >= 999.5) return `${trim(value / 1000)}k`;
  return trim(value);
}

/** Every digit, grouped: "11,796". */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-GB');
}

/** "24/s", "0.3/s", "1.2k/s". */
export function formatRate(perSecond: number): string {
  return `${formatCompact(perSecond)}/s`;
}

/**
 * A share in 0..1 as "0%", "<0.1%", "7.2%", "36%", "99.9%", "100%". Never rounds up to 100 or down to 0: "all" and "none"
 * are claims.
 */
export function formatPercent(ratio: number): string {
  const percent = ratio * 100;
  if (!Number.isFinite(percent) || percent <= 0) return '0%';
  if (percent >= 100) return '100%';
  if (percent < 0.1) return '<0.1%';
  if (percent > 99.5) return `${(Math.floor(percent * 10) / 10).toFixed(1)}%`;
  return percent < 10 ? `${percent.toFixed(1)}%` : `${Math.round(percent)}%`;
}

export function formatBytes(bytes: number): string {
  if (bytes >= 1 << 30) return `${trim(bytes / (1 << 30))} GB`;
  if (bytes >= 1 << 20) return `${trim(bytes / (1 << 20))} MB`;
  if (bytes >= 1 << 10) return `${trim(bytes / (1 << 10))} kB`;
  return `${bytes} B`;
}

/** "1 client", "2 clients"; an irregular plural is given. */
export function formatPlural(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

function trim(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 0.05) return '<0.1';
  return size < 9.95 ? value.toFixed(1).replace(/\.0$/, '') : Math.round(value).toString();
}
