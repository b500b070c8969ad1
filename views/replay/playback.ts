/** How many seconds of the incident pass in one. */
export const SPEEDS = [1, 30, 60, 155] as const;
export type Speed = (typeof SPEEDS)[number];

/** Whole frames that are due after `elapsedMs` more, and the rest that is carried on. One frame is one second. */
export function framesDue(
  carryMs: number,
  elapsedMs: number,
  speed: number,
): { readonly frames: number; readonly carryMs: number } {
  const dueMs = carryMs + elapsedMs * speed;
  const frames = Math.floor(dueMs / 1000);
  return { frames, carryMs: dueMs - frames * 1000 };
}

export function clampFrame(frame: number, frames: number): number {
  return Math.max(0, Math.min(frames - 1, Math.round(frame)));
}

/** The frame of the nearest event after (or, `by` −1, before) `frame`; undefined when there is none. */
export function eventFrame(
  events: readonly { readonly frame: number }[],
  frame: number,
  by: 1 | -1,
): number | undefined {
  return by === 1
    ? events.find((event) => event.frame > frame)?.frame
    : events.findLast((event) => event.frame < frame)?.frame;
}

/** The speed next to this one, slower or faster; the same at either end. */
export function speedBeside(speed: Speed, by: 1 | -1): Speed {
  return SPEEDS[SPEEDS.indexOf(speed) + by] ?? speed;
}

export function toSpeed(text: string | undefined | null): Speed | undefined {
  return SPEEDS.find((speed) => String(speed) === text);
}
