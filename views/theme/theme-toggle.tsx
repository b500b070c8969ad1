'use client';

import { Moon, Sun, SunMoon } from 'lucide-react';
import { useState } from 'react';
import { nextTheme, THEME_COOKIE, type Theme } from './theme.ts';

const ICONS = { system: SunMoon, dark: Moon, light: Sun } as const;
const YEAR_SECONDS = 31_536_000;

export function ThemeToggle({ initial }: { readonly initial: Theme }) {
  const [theme, setTheme] = useState(initial);
  const Icon = ICONS[theme];
  const choose = () => {
    const next = nextTheme(theme);
    setTheme(next);
    if (next === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = next;
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing on plain http beyond localhost
    document.cookie = `${THEME_COOKIE}=${next}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
  };
  return (
    <button
      type="button"
      onClick={choose}
      aria-label={`Theme: ${theme}. Change to ${nextTheme(theme)}`}
      title={`Theme: ${theme}`}
      className="grid size-9 place-items-center rounded-lg text-muted hover:bg-raise hover:text-fg"
    >
      <Icon size={17} aria-hidden />
    </button>
  );
}
