import { GeistMono } from 'geist/font/mono';
import { GeistSans } from 'geist/font/sans';
import type { Metadata } from 'next';
import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { JumpProvider } from '#views/jump/jump.tsx';
import { KeysProvider } from '#views/shell/keys.tsx';
import { Rail } from '#views/shell/rail.tsx';
import { THEME_COOKIE, toTheme } from '#views/theme/theme.ts';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'Detour', template: '%s · Detour' },
  description: 'Which way the mesh found its services, at any second',
};

export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  const theme = toTheme((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <html
      lang="en"
      className={`${GeistSans.variable} ${GeistMono.variable}`}
      {...(theme === 'system' ? {} : { 'data-theme': theme })}
    >
      <body className="flex h-dvh overflow-hidden">
        <a
          href="#main"
          className="-translate-y-16 absolute top-2 left-2 z-50 rounded-lg bg-inverse px-3 py-1.5 text-inverse-fg focus:translate-y-0"
        >
          Skip to content
        </a>
        <KeysProvider>
          <JumpProvider>
            <Rail theme={theme} />
            <main id="main" className="flex min-h-0 min-w-0 flex-1 flex-col">
              {children}
            </main>
          </JumpProvider>
        </KeysProvider>
      </body>
    </html>
  );
}
