'use client';

import { Keyboard } from 'lucide-react';
import Link from 'next/link';
import { usePathname, useRouter } from 'next/navigation';
import { useMemo } from 'react';
import { useLive } from '#views/live/use-live.ts';
import type { Theme } from '#views/theme/theme.ts';
import { ThemeToggle } from '#views/theme/theme-toggle.tsx';
import { BrandMark } from './brand-mark.tsx';
import { IconButton } from './button.tsx';
import { classNames } from './class-names.ts';
import { useKeys, useShowKeys } from './keys.tsx';
import { OWN_HEALTH, SCREENS } from './screens.ts';

/** The way between screens; it marks where trouble is open. */
export function Rail({ theme }: { readonly theme: Theme }) {
  const openIncidents = useLive().snapshot?.openIncidents.length ?? 0;
  const path = usePathname();
  const router = useRouter();
  const showKeys = useShowKeys();
  useKeys(
    'Screens',
    useMemo(
      () =>
        [...SCREENS, OWN_HEALTH].map((screen) => ({
          keys: `g ${screen.key}`,
          label: screen.label,
          run: () => router.push(screen.href),
        })),
      [router],
    ),
  );
  return (
    <nav
      aria-label="Screens"
      className="flex w-16 shrink-0 flex-col items-center gap-1 border-line border-r bg-panel pt-2.5 pb-2"
    >
      <Link href="/map" aria-label="Detour" className="mb-2">
        <BrandMark />
      </Link>
      {SCREENS.map(({ href, label, Icon }) => {
        const here = path === href || path.startsWith(`${href}/`);
        const open = href === '/incidents' && openIncidents > 0;
        return (
          <Link
            key={href}
            href={href}
            aria-current={here ? 'page' : undefined}
            className={classNames(
              'relative flex h-[46px] w-[54px] flex-col items-center justify-center gap-0.5 rounded-lg text-2xs',
              here
                ? 'bg-raise text-fg before:absolute before:top-3 before:-left-[5px] before:h-6 before:w-[3px] before:rounded-full before:bg-accent'
                : 'text-muted hover:bg-raise hover:text-fg',
            )}
          >
            <span className="relative">
              <Icon size={18} aria-hidden />
              {open && (
                <span className="absolute -top-0.5 -right-1.5 size-2 rounded-full border border-panel bg-crit" />
              )}
            </span>
            {label}
            {open && <span className="sr-only">, {openIncidents} open</span>}
          </Link>
        );
      })}
      <div className="mt-auto flex flex-col items-center">
        <IconButton name="Keys" className="size-9" onClick={showKeys}>
          <Keyboard size={17} aria-hidden />
        </IconButton>
        <OwnHealthLink isHere={path === OWN_HEALTH.href} />
        <ThemeToggle initial={theme} />
      </div>
    </nav>
  );
}

function OwnHealthLink({ isHere }: { readonly isHere: boolean }) {
  const { href, label, Icon } = OWN_HEALTH;
  return (
    <Link
      href={href}
      aria-label={label}
      title={label}
      aria-current={isHere ? 'page' : undefined}
      className={classNames(
        'grid size-9 place-items-center rounded-lg hover:bg-raise hover:text-fg',
        isHere ? 'bg-raise text-fg' : 'text-muted',
      )}
    >
      <Icon size={17} aria-hidden />
    </Link>
  );
}
