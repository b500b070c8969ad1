import Link from 'next/link';
import type { ComponentProps, ReactNode } from 'react';
import { classNames } from './class-names.ts';

type Look = 'plain' | 'primary' | 'ghost' | 'danger';
type Size = 'normal' | 'small';

const LOOKS: Readonly<Record<Look, string>> = {
  plain: 'border-edge bg-raise text-fg hover:border-dim',
  primary: 'border-transparent bg-inverse text-inverse-fg font-medium hover:opacity-90',
  ghost: 'border-transparent text-muted hover:bg-raise hover:text-fg',
  danger: 'border-crit-edge bg-crit-fill text-crit-text hover:border-crit',
};
const SIZES: Readonly<Record<Size, string>> = {
  normal: 'h-8 px-3 text-sm',
  small: 'h-7 px-2.5 text-xs',
};

function buttonClass(look: Look, size: Size, extra?: string): string {
  return classNames(
    'inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-lg border transition-colors duration-150 disabled:opacity-50',
    LOOKS[look],
    SIZES[size],
    extra,
  );
}

interface LookProps {
  readonly look?: Look;
  readonly size?: Size;
}

export function Button({
  look = 'plain',
  size = 'normal',
  className,
  ...rest
}: ComponentProps<'button'> & LookProps) {
  return <button type="button" {...rest} className={buttonClass(look, size, className)} />;
}

/** Looks like a button, goes somewhere. */
export function ButtonLink({
  look = 'plain',
  size = 'normal',
  className,
  ...rest
}: ComponentProps<typeof Link> & LookProps) {
  return <Link {...rest} className={buttonClass(look, size, className)} />;
}

/** A square button that is only an icon: its name is obligatory. */
export function IconButton({
  name,
  children,
  className,
  ...rest
}: Omit<ComponentProps<'button'>, 'name'> & {
  readonly name: string;
  readonly children: ReactNode;
}) {
  return (
    <button
      type="button"
      aria-label={name}
      title={name}
      {...rest}
      className={classNames(
        'grid size-8 shrink-0 place-items-center rounded-lg text-muted transition-colors duration-150 hover:bg-raise hover:text-fg disabled:opacity-50',
        className,
      )}
    >
      {children}
    </button>
  );
}
