/** A chip on the timeline: one event, or several that had no room of their own. */
export interface PlacedChip {
  readonly lane: number;
  readonly leftPx: number;
  readonly widthPx: number;
  /** Where its line goes down. */
  readonly anchorPx: number;
  /** Indices of its events, at least one; the first is the one it names. */
  readonly events: readonly number[];
}

export interface ChipEvent {
  /** Position on the axis, 0..1. */
  readonly at: number;
  readonly widthPx: number;
}

const GAP_PX = 6;
/** How far left of its moment a chip may begin, so that its icon stands over the line. */
const OVERHANG_PX = 9;
const MORE_PX = 26;

/**
 * Puts each chip into the first lane with room, never across another. What fits in no lane joins the chip before it,
 * which then says "+n". Events in time order.
 */
export function placeChips(
  events: readonly ChipEvent[],
  widthPx: number,
  lanes: number,
): readonly PlacedChip[] {
  const chips: (PlacedChip & { events: number[]; widthPx: number })[] = [];
  const freeFrom = new Array<number>(lanes).fill(Number.NEGATIVE_INFINITY);
  for (const [index, event] of events.entries()) {
    const anchorPx = event.at * widthPx;
    const leftPx = Math.max(0, Math.min(anchorPx - OVERHANG_PX, widthPx - event.widthPx));
    const lane = freeFrom.findIndex((free) => leftPx >= free);
    const before = chips.at(-1);
    if (lane < 0 && before !== undefined) {
      if (before.events.length === 1) {
        before.widthPx += MORE_PX;
        freeFrom[before.lane] = (freeFrom[before.lane] ?? 0) + MORE_PX;
      }
      before.events.push(index);
      continue;
    }
    freeFrom[Math.max(0, lane)] = leftPx + event.widthPx + GAP_PX;
    chips.push({
      lane: Math.max(0, lane),
      leftPx,
      widthPx: event.widthPx,
      anchorPx,
      events: [index],
    });
  }
  return chips.map((chip) => ({
    ...chip,
    leftPx: Math.max(0, Math.min(chip.leftPx, widthPx - chip.widthPx)),
  }));
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
