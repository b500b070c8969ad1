/** One key, as it is printed on the keyboard. */
export function Kbd({ children }: { readonly children: string }) {
  return (
    <kbd className="num inline-grid h-5 min-w-5 place-items-center rounded-[5px] border border-edge bg-raise px-1 text-2xs text-muted">
      {children}
    </kbd>
  );
}
