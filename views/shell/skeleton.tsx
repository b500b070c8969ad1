import { classNames } from './class-names.ts';

/** A grey block with the size of what will stand there; appears after 150 ms. */
export function Skeleton({ className }: { readonly className?: string }) {
  return <div className={classNames('skeleton', className)} aria-hidden />;
}
