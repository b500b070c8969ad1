/** Heights of the parts of a group's card, px. */
export const GROUP_HEAD = 58;
export const GROUP_ROW = 36;
export const GROUP_FOOT = 34;

/** Of a card that shows so many of its services by name. */
export function groupHeight(rows: number): number {
  return GROUP_HEAD + rows * GROUP_ROW + GROUP_FOOT;
}
