/** What the reader chose; `system` follows the operating system. */
export type Theme = 'system' | 'dark' | 'light';

/** A cookie and not localStorage, so that the server's first HTML already has the right theme. */
export const THEME_COOKIE = 'detour-theme';

const NEXT: Readonly<Record<Theme, Theme>> = { system: 'dark', dark: 'light', light: 'system' };

/** Anything that is not a theme counts as `system`. */
export function toTheme(value: string | undefined): Theme {
  return value === 'dark' || value === 'light' ? value : 'system';
}

export function nextTheme(theme: Theme): Theme {
  return NEXT[theme];
}
