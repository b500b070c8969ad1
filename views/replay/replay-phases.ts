import type { IncidentEventKind } from '#analysis/incident/incident.ts';
import type { ReplayTimeline } from '#analysis/replay/timeline.ts';

/** A chapter of the incident; the next one ends it. */
export interface Phase {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly tone: 'plain' | 'crit' | 'dns' | 'ok';
}

/** The first event of a kind begins a chapter; chapters keep this order, whatever the seconds say. */
const CHAPTERS: readonly {
  readonly name: string;
  readonly kinds: readonly IncidentEventKind[];
  readonly tone: Phase['tone'];
  /** Its own chapter only in a story without events of this kind. */
  readonly unless?: IncidentEventKind;
}[] = [
  { name: 'Configuration lost', kinds: ['config-lost', 'control-plane-lost'], tone: 'crit' },
  { name: 'Failing', kinds: ['failures-began'], tone: 'crit' },
  { name: 'Slow', kinds: ['slow-began'], tone: 'crit', unless: 'failures-began' },
  { name: 'Shift to DNS', kinds: ['shift-began'], tone: 'dns' },
  { name: 'Mitigated', kinds: ['mitigated'], tone: 'dns' },
  {
    name: 'Configuration back',
    kinds: ['config-restored', 'control-plane-restored'],
    tone: 'plain',
  },
  { name: 'Resolved', kinds: ['resolved'], tone: 'ok' },
];

/** At least one phase; together they cover all frames. A chapter that would begin where the next does is left out. */
export function phasesOf(timeline: Pick<ReplayTimeline, 'frames' | 'events'>): readonly Phase[] {
  const starts: { name: string; from: number; tone: Phase['tone'] }[] = [
    { name: 'Before', from: 0, tone: 'plain' },
  ];
  for (const { name, kinds, tone, unless } of CHAPTERS) {
    if (timeline.events.some(({ kind }) => kind === unless)) continue;
    const begin = timeline.events.find((event) => kinds.includes(event.kind));
    const last = starts.at(-1)?.from ?? 0;
    if (begin !== undefined && begin.frame >= last) {
      starts.push({ name, from: begin.frame, tone });
    }
  }
  return starts.flatMap((start, i) => {
    const to = starts[i + 1]?.from ?? timeline.frames;
    return to <= start.from ? [] : [{ ...start, to }];
  });
}
