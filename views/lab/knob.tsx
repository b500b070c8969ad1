import { classNames } from '#views/shell/class-names.ts';

/** The look of a switch; the button around it says what it is. `crit` where on is the bad state. */
export function Knob({
  isOn,
  tone = 'ok',
}: {
  readonly isOn: boolean;
  readonly tone?: 'ok' | 'crit';
}) {
  const ground = tone === 'ok' ? 'bg-ok' : 'bg-crit';
  return (
    <span
      aria-hidden
      className={classNames(
        'flex h-[18px] w-8 shrink-0 items-center rounded-full border px-[2px] transition-colors duration-150',
        isOn ? `justify-end border-transparent ${ground}` : 'border-dim',
      )}
    >
      <span className={`size-3 rounded-full ${isOn ? 'bg-bg' : 'bg-dim'}`} />
    </span>
  );
}
