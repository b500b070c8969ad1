/** A chip on the timeline: one event, or several that had no room of their own. */
export interface PlacedChip {
  readonly lane: number;
  readonly leftPx: number;
  readonly widthPx: number;
  /** Where its line goes down. */
  readonly anchorPx: number;
  /** Indices of its events, at least one; the first is the one that it names. */
  readonly events: readonly number[];
}

export interface ChipEvent {
  /** Position on the axis, 0..1. */
  readonly at: number;
  readonly widthPx: number;
  /** What matters more has the lower rank and takes its place first. */
  readonly rank: number;
}

const GAP_PX = 6;
/** How far left of its moment a chip may begin, so that its icon stands over the line. */
const OVERHANG_PX = 9;
const MORE_PX = 26;

type Draft = PlacedChip & { events: number[] };

/**
 * Puts each chip into the first lane with room, never across another; what matters most comes first. What fits in no
 * lane joins the chip nearest in time, which then says "+n" (room for that is kept on every chip). By time.
 */
export function placeChips(
  events: readonly ChipEvent[],
  widthPx: number,
  lanes: number,
): readonly PlacedChip[] {
  const chips: Draft[] = [];
  const byRank = [...events.keys()].sort(
    (a, b) => (events[a]?.rank ?? 0) - (events[b]?.rank ?? 0) || a - b,
  );
  for (const index of byRank) {
    const event = events[index];
    if (event === undefined) continue;
    const chip = findPlace(chips, event, index, widthPx, lanes);
    if (chip !== undefined) chips.push(chip);
    else nearestChip(chips, event.at * widthPx)?.events.push(index);
  }
  return chips
    .map((chip) => ({
      ...chip,
      widthPx: chip.events.length > 1 ? chip.widthPx : chip.widthPx - MORE_PX,
    }))
    .sort((a, b) => a.anchorPx - b.anchorPx || a.lane - b.lane);
}

function findPlace(
  chips: readonly Draft[],
  event: ChipEvent,
  index: number,
  widthPx: number,
  lanes: number,
): Draft | undefined {
  const anchorPx = event.at * widthPx;
  const width = event.widthPx + MORE_PX;
  const leftPx = Math.max(0, Math.min(anchorPx - OVERHANG_PX, widthPx - width));
  for (let lane = 0; lane < lanes; lane++) {
    const isTaken = chips.some(
      (chip) =>
        chip.lane === lane &&
        leftPx < chip.leftPx + chip.widthPx + GAP_PX &&
        chip.leftPx < leftPx + width + GAP_PX,
    );
    if (!isTaken) return { lane, leftPx, widthPx: width, anchorPx, events: [index] };
  }
  return undefined;
}

function nearestChip(chips: readonly Draft[], anchorPx: number): Draft | undefined {
  return chips.reduce<Draft | undefined>(
    (best, chip) =>
      best === undefined || Math.abs(chip.anchorPx - anchorPx) < Math.abs(best.anchorPx - anchorPx)
        ? chip
        : best,
    undefined,
  );
}

/** Events of one kind that come within `apart` frames of each other, as one; in order of their first. */
export function groupEvents<Event extends { readonly kind: string; readonly frame: number }>(
  events: readonly Event[],
  apart: number,
): readonly (readonly Event[])[] {
  const groups: Event[][] = [];
  for (const event of events) {
    const near = groups.find((group) => {
      const last = group.at(-1);
      return last?.kind === event.kind && event.frame - last.frame <= apart;
    });
    if (near === undefined) groups.push([event]);
    else near.push(event);
  }
  return groups;
}
