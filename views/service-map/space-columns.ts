import type { Item, OrderedColumns } from './order-columns.ts';

/** Heights and distances of items, px. */
export interface Spacing {
  readonly nodeHeight: number;
  readonly nodeGap: number;
  readonly passageGap: number;
}

const ROUNDS = 30;
/** A bend in a long edge disturbs more than a slope between two nodes (Gansner et al. 1993, §4.2). */
const WEIGHTS = { node: 1, mixed: 3, passage: 8 } as const;

/**
 * The vertical centre of each item, px around 0: each as near to its neighbours as the order of its column allows.
 * Priority by weighted means, then the nearest positions that keep the distances (pool-adjacent-violators:
 * Barlow et al., Statistical Inference under Order Restrictions, §1.2).
 */
export function spaceColumns(
  ordered: OrderedColumns,
  spacing: Spacing,
): ReadonlyMap<string, number> {
  const items = new Map(ordered.columns.flat().map((item) => [item.id, item]));
  const y = new Map<string, number>();
  for (const column of ordered.columns) {
    const steps = stepsOf(column, spacing);
    const middle = (steps.at(-1) ?? 0) / 2;
    column.forEach((item, i) => {
      y.set(item.id, (steps[i] ?? 0) - middle);
    });
  }
  for (let round = 0; round < ROUNDS; round++) {
    const order = round % 2 === 0 ? ordered.columns : [...ordered.columns].reverse();
    for (const column of order) relax(column, ordered, items, y, spacing);
  }
  return y;
}

/** Distance of each item from the first one, when packed. */
function stepsOf(column: readonly Item[], spacing: Spacing): readonly number[] {
  const steps: number[] = [];
  let at = 0;
  column.forEach((item, i) => {
    const before = column[i - 1];
    if (before !== undefined) at += distance(before, item, spacing);
    steps.push(at);
  });
  return steps;
}

function distance(a: Item, b: Item, spacing: Spacing): number {
  const half = (item: Item) => (item.kind === 'node' ? spacing.nodeHeight / 2 : 0);
  const gap = a.kind === 'node' && b.kind === 'node' ? spacing.nodeGap : spacing.passageGap;
  return half(a) + half(b) + gap;
}

function relax(
  column: readonly Item[],
  ordered: OrderedColumns,
  items: ReadonlyMap<string, Item>,
  y: Map<string, number>,
  spacing: Spacing,
): void {
  const steps = stepsOf(column, spacing);
  const wanted = column.map((item, i) => {
    const { at, weight } = wantedPlace(item, ordered, items, y);
    return { at: at - (steps[i] ?? 0), weight };
  });
  const pooled = isotonic(wanted);
  column.forEach((item, i) => {
    y.set(item.id, (pooled[i] ?? 0) + (steps[i] ?? 0));
  });
}

function wantedPlace(
  item: Item,
  ordered: OrderedColumns,
  items: ReadonlyMap<string, Item>,
  y: ReadonlyMap<string, number>,
): { readonly at: number; readonly weight: number } {
  let sum = 0;
  let weight = 0;
  for (const id of ordered.neighbours.get(item.id) ?? []) {
    const w = weightOf(item, items.get(id));
    sum += (y.get(id) ?? 0) * w;
    weight += w;
  }
  return weight === 0 ? { at: y.get(item.id) ?? 0, weight: 1 } : { at: sum / weight, weight };
}

function weightOf(a: Item, b: Item | undefined): number {
  if (a.kind === 'node' && b?.kind === 'node') return WEIGHTS.node;
  return a.kind === 'passage' && b?.kind === 'passage' ? WEIGHTS.passage : WEIGHTS.mixed;
}

/** The non-decreasing sequence nearest to `wanted` by weighted squares. */
function isotonic(
  wanted: readonly { readonly at: number; readonly weight: number }[],
): readonly number[] {
  const pools: { at: number; weight: number; size: number }[] = [];
  for (const { at, weight } of wanted) {
    let pool = { at, weight, size: 1 };
    for (let last = pools.at(-1); last !== undefined && last.at > pool.at; last = pools.at(-1)) {
      const total = last.weight + pool.weight;
      pool = {
        at: (last.at * last.weight + pool.at * pool.weight) / total,
        weight: total,
        size: last.size + pool.size,
      };
      pools.pop();
    }
    pools.push(pool);
  }
  return pools.flatMap((pool) => Array.from({ length: pool.size }, () => pool.at));
}
