import type { Phase } from '#views/replay/replay-phases.ts';

export const PHASE_PX = 22;

const GROUNDS: Readonly<Record<Phase['tone'], string>> = {
  plain: '',
  crit: 'bg-crit-fill',
  dns: 'bg-dns-fill',
  ok: 'bg-ok-fill',
};
/** A narrower phase has its name on hover only. */
const MIN_NAME_SHARE = 0.045;
/** Room that a name takes at most. */
const NAME_SHARE = 0.08;

/** The parts of the incident by name: before, failing, moving, after. A name gives way to the playhead. */
export function PhaseBand({
  phases,
  frames,
  frame,
}: {
  readonly phases: readonly Phase[];
  readonly frames: number;
  /** The moment shown. */
  readonly frame: number;
}) {
  return (
    <ol className="relative text-muted text-xs" style={{ height: PHASE_PX }} aria-label="Phases">
      {phases.map((phase) => (
        <li
          key={phase.name}
          title={phase.name}
          className="absolute inset-y-0 truncate border-edge border-l pt-[3px] pl-1.5"
          style={{
            left: `${(phase.from / frames) * 100}%`,
            width: `${((phase.to - phase.from) / frames) * 100}%`,
            ...besidePlayhead(
              (frame + 0.5 - phase.from) / frames,
              (phase.to - phase.from) / frames,
            ),
          }}
        >
          <span className={`absolute inset-0 ${GROUNDS[phase.tone]}`} aria-hidden />
          <span
            className={(phase.to - phase.from) / frames < MIN_NAME_SHARE ? 'sr-only' : 'relative'}
          >
            {phase.name}
          </span>
        </li>
      ))}
    </ol>
  );
}

/** How far the playhead stands in the phase, and how long that is, as shares of the timeline. */
function besidePlayhead(into: number, length: number): { readonly paddingLeft?: string } {
  const hasRoom = length - into > MIN_NAME_SHARE;
  if (into < 0 || into > NAME_SHARE || !hasRoom) return {};
  return { paddingLeft: `calc(${into * 100}% + 10px)` };
}
