import type { Span } from '#telemetry/span.ts';

/** Nodes 0 … spans−1 are the spans; the nodes after them stand for parents that never arrived. */
export interface SpanOrder {
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  /** Ids of the missing parents, node `spans + i`. */
  readonly missing: readonly string[];
  /** Nodes in waterfall order. */
  readonly nodes: Uint32Array;
  /** Row of each node's parent, depth and end of the subtree, by row. */
  readonly parent: Int32Array;
  readonly depth: Uint32Array;
  readonly subtreeEnd: Uint32Array;
}

/**
 * The forest of a trace as typed arrays. A span whose parent is not there hangs under a node made for that parent; a
 * ring of parents (broken instrumentation) is cut at its earliest span. Iterative: a trace may be as deep as it is long.
 */
export function orderSpans(spans: readonly Span[], originUnixNano: bigint): SpanOrder {
  const nodeOf = new Map(spans.map((span, node) => [span.spanId as string, node]));
  const missing = missingParents(spans, nodeOf);
  const startNs = new Float64Array(spans.length + missing.length);
  const endNs = new Float64Array(spans.length + missing.length);
  const parentNode = new Int32Array(spans.length + missing.length).fill(-1);
  for (const [node, span] of spans.entries()) {
    startNs[node] = Number(span.startUnixNano - originUnixNano);
    endNs[node] = Math.max(startNs[node] ?? 0, Number(span.endUnixNano - originUnixNano));
    if (span.parentSpanId !== undefined) parentNode[node] = nodeOf.get(span.parentSpanId) ?? -1;
  }
  coverChildren(spans.length, parentNode, startNs, endNs);
  return { startNs, endNs, missing, ...walk(parentNode, startNs, spans) };
}

/** Gives each missing parent a node; returns their ids. */
function missingParents(spans: readonly Span[], nodeOf: Map<string, number>): readonly string[] {
  const missing: string[] = [];
  for (const { parentSpanId } of spans) {
    if (parentSpanId === undefined || nodeOf.has(parentSpanId)) continue;
    nodeOf.set(parentSpanId, spans.length + missing.length);
    missing.push(parentSpanId);
  }
  return missing;
}

/** A missing parent is at least as long as what it called. */
function coverChildren(
  firstMissing: number,
  parentNode: Int32Array,
  startNs: Float64Array,
  endNs: Float64Array,
): void {
  startNs.fill(Number.POSITIVE_INFINITY, firstMissing);
  for (let node = 0; node < firstMissing; node++) {
    const parent = parentNode[node] ?? -1;
    if (parent < firstMissing) continue;
    startNs[parent] = Math.min(startNs[parent] ?? 0, startNs[node] ?? 0);
    endNs[parent] = Math.max(endNs[parent] ?? 0, endNs[node] ?? 0);
  }
}

function walk(parentNode: Int32Array, startNs: Float64Array, spans: readonly Span[]) {
  const byStart = nodesByStart(startNs, spans);
  const lists = linkChildren(byStart, parentNode);
  const rows = emptyRows(parentNode.length);
  const rowOf = new Int32Array(parentNode.length).fill(-1);
  let count = 0;
  const isRoot = (node: number): boolean => (parentNode[node] ?? -1) < 0;
  const roots = [...byStart.filter(isRoot), ...byStart.filter((node) => !isRoot(node))];
  // What the roots do not reach stands on a ring: its earliest span serves as a root.
  for (const root of roots) {
    const open = [root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if ((rowOf[node] ?? 0) >= 0) continue;
      const parent = node === root ? -1 : (rowOf[parentNode[node] ?? 0] ?? -1);
      rowOf[node] = addRow(rows, count++, node, parent);
      pushChildren(open, node, lists);
    }
  }
  closeSubtrees(rows);
  return rows;
}

type Rows = ReturnType<typeof emptyRows>;

function addRow(rows: Rows, row: number, node: number, parent: number): number {
  rows.nodes[row] = node;
  rows.parent[row] = parent;
  rows.depth[row] = parent < 0 ? 0 : (rows.depth[parent] ?? 0) + 1;
  return row;
}

function emptyRows(rows: number) {
  return {
    nodes: new Uint32Array(rows),
    parent: new Int32Array(rows),
    depth: new Uint32Array(rows),
    subtreeEnd: new Uint32Array(rows),
  };
}

function closeSubtrees({ parent, subtreeEnd }: Rows): void {
  for (let row = parent.length - 1; row >= 0; row--) {
    subtreeEnd[row] = Math.max(subtreeEnd[row] ?? 0, row + 1);
    const above = parent[row] ?? -1;
    if (above >= 0) subtreeEnd[above] = Math.max(subtreeEnd[above] ?? 0, subtreeEnd[row] ?? 0);
  }
}

/** Ties by span id, so that the order does not depend on the order of arrival. */
function nodesByStart(startNs: Float64Array, spans: readonly Span[]): Uint32Array {
  const nodes = Uint32Array.from(startNs.keys());
  return nodes.sort((a, b) => {
    const apart = (startNs[a] ?? 0) - (startNs[b] ?? 0);
    if (apart !== 0) return apart;
    return (spans[a]?.spanId ?? '') < (spans[b]?.spanId ?? '') ? -1 : 1;
  });
}

interface ChildLists {
  readonly lastChild: Int32Array;
  readonly siblingBefore: Int32Array;
}

function linkChildren(byStart: Uint32Array, parentNode: Int32Array): ChildLists {
  const lastChild = new Int32Array(parentNode.length).fill(-1);
  const siblingBefore = new Int32Array(parentNode.length).fill(-1);
  for (const node of byStart) {
    const parent = parentNode[node] ?? -1;
    if (parent < 0) continue;
    siblingBefore[node] = lastChild[parent] ?? -1;
    lastChild[parent] = node;
  }
  return { lastChild, siblingBefore };
}

/** Last first, so that the first is taken off the stack first. */
function pushChildren(open: number[], node: number, lists: ChildLists): void {
  let child = lists.lastChild[node] ?? -1;
  while (child >= 0) {
    open.push(child);
    child = lists.siblingBefore[child] ?? -1;
  }
}
