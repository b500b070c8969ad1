export type Action = 'song' | 'playlist' | 'artist' | 'image' | 'login';

/** What users do, as shares of all requests. */
const MIX: ReadonlyArray<readonly [Action, number]> = [
  ['song', 0.45],
  ['playlist', 0.2],
  ['artist', 0.15],
  ['image', 0.05],
  ['login', 0.15],
];

/** `roll` is uniform in [0, 1). */
export function drawAction(roll: number): Action {
  let remaining = roll;
  for (const [action, share] of MIX) {
    if (remaining < share) return action;
    remaining -= share;
  }
  return 'login';
}
