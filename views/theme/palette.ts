/** Tokens that the canvas needs; CSS alone can resolve `light-dark()`. */
const TOKENS = [
  'bg',
  'band',
  'fg',
  'muted',
  'dim',
  'line',
  'plain',
  'mesh',
  'mesh-particle',
  'dns',
  'dns-particle',
  'crit',
  'warn',
  'ok',
  'control',
  'accent',
  'select',
  'node',
] as const;

export type Palette = Readonly<Record<(typeof TOKENS)[number], string>>;

/** The colours of the theme that holds now, as the canvas takes them. */
export function readPalette(within: HTMLElement): Palette {
  const probe = document.createElement('span');
  probe.style.display = 'none';
  within.append(probe);
  const style = getComputedStyle(probe);
  const entries = TOKENS.map((token) => {
    probe.style.color = `var(--${token})`;
    return [token, style.color] as const;
  });
  probe.remove();
  return Object.fromEntries(entries) as Palette;
}

/** Calls back when the theme changes, by the reader or by the operating system. */
export function watchTheme(onChange: () => void): () => void {
  const media = window.matchMedia('(prefers-color-scheme: light)');
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  media.addEventListener('change', onChange);
  return () => {
    observer.disconnect();
    media.removeEventListener('change', onChange);
  };
}
