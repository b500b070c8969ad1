/** Lengths of the coarser roll-ups, in seconds; each is a whole number of the one before. */
export const MINUTE = 60;
export const TEN_MINUTES = 600;

/** The step that a second lies in. */
export function stepStart(second: number, step: number): number {
  return Math.floor(second / step) * step;
}

/**
 * A window cut so that each part is read at the coarsest level that fits:
 *
 *   from     minuteFrom   tenFrom                 tenTo     minuteTo   to
 *    | seconds  |  minutes   |     ten minutes      |  minutes |  seconds |
 *
 * Inside, what is stale is read one level finer.
 */
export interface StepCut {
  readonly from: number;
  readonly minuteFrom: number;
  readonly tenFrom: number;
  readonly tenTo: number;
  readonly minuteTo: number;
  readonly to: number;
}

export function cutIntoSteps(from: number, to: number): StepCut {
  const minuteFrom = Math.min(to, stepStart(from + MINUTE - 1, MINUTE));
  const minuteTo = Math.max(minuteFrom, stepStart(to, MINUTE));
  const tenFrom = Math.min(minuteTo, stepStart(minuteFrom + TEN_MINUTES - 1, TEN_MINUTES));
  const tenTo = Math.max(tenFrom, stepStart(minuteTo, TEN_MINUTES));
  return { from, minuteFrom, tenFrom, tenTo, minuteTo, to };
}
