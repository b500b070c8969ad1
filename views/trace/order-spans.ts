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
  const { firstChild, nextSibling } = linkChildren(byStart, parentNode);
  const nodes = new Uint32Array(parentNode.length);
  const parent = new Int32Array(parentNode.length);
  const depth = new Uint32Array(parentNode.length);
  const subtreeEnd = new Uint32Array(parentNode.length);
  const seen = new Uint8Array(parentNode.length);
  let row = 0;
  const visitTree = (root: number): void => {
    const open: number[] = [];
    let node = root;
    while (node >= 0) {
      seen[node] = 1;
      nodes[row] = node;
      parent[row] = open.at(-1) ?? -1;
      depth[row] = open.length;
      open.push(row++);
      let next = firstUnseen(firstChild[node] ?? -1, nextSibling, seen);
      while (next < 0 && open.length > 0) {
        const done = open.pop() ?? 0;
        subtreeEnd[done] = row;
        if (open.length > 0) {
          next = firstUnseen(nextSibling[nodes[done] ?? 0] ?? -1, nextSibling, seen);
        }
      }
      node = next;
    }
  };
  for (const node of byStart) if ((parentNode[node] ?? -1) < 0) visitTree(node);
  for (const node of byStart) if (seen[node] === 0) visitTree(node);
  return { nodes, parent, depth, subtreeEnd };
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

function linkChildren(byStart: Uint32Array, parentNode: Int32Array) {
  const firstChild = new Int32Array(parentNode.length).fill(-1);
  const nextSibling = new Int32Array(parentNode.length).fill(-1);
  for (let i = byStart.length - 1; i >= 0; i--) {
    const node = byStart[i] ?? 0;
    const parent = parentNode[node] ?? -1;
    if (parent < 0) continue;
    nextSibling[node] = firstChild[parent] ?? -1;
    firstChild[parent] = node;
  }
  return { firstChild, nextSibling };
}

function firstUnseen(from: number, nextSibling: Int32Array, seen: Uint8Array): number {
  let node = from;
  while (node >= 0 && seen[node] === 1) node = nextSibling[node] ?? -1;
  return node;
}
