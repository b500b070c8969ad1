import type { SpanBatch } from '#telemetry/span-batch.ts';

/** The spans of the given indexes, ascending, as a batch of its own over the same bytes. */
export function selectSpans(batch: SpanBatch, indexes: readonly number[]): SpanBatch {
  const hashes: number[] = [];
  const hashEnd = new Uint32Array(indexes.length);
  for (const [n, i] of indexes.entries()) {
    const from = i === 0 ? 0 : (batch.hashEnd[i - 1] as number);
    for (let h = from; h < (batch.hashEnd[i] as number); h++) {
      hashes.push(batch.attributeHashes[h] as number);
    }
    hashEnd[n] = hashes.length;
  }
  return {
    bytes: batch.bytes,
    count: indexes.length,
    traceIds: selectIds(batch.traceIds, indexes, 16),
    spanIds: selectIds(batch.spanIds, indexes, 8),
    parentIds: selectIds(batch.parentIds, indexes, 8),
    startLow: Uint32Array.from(indexes, (i) => batch.startLow[i] as number),
    startHigh: Uint32Array.from(indexes, (i) => batch.startHigh[i] as number),
    durationNs: Float64Array.from(indexes, (i) => batch.durationNs[i] as number),
    endSecond: Float64Array.from(indexes, (i) => batch.endSecond[i] as number),
    kind: Uint8Array.from(indexes, (i) => batch.kind[i] as number),
    status: Uint8Array.from(indexes, (i) => batch.status[i] as number),
    mode: Uint8Array.from(indexes, (i) => batch.mode[i] as number),
    groupOf: Uint32Array.from(indexes, (i) => batch.groupOf[i] as number),
    nameOf: Uint32Array.from(indexes, (i) => batch.nameOf[i] as number),
    peerOf: Int32Array.from(indexes, (i) => batch.peerOf[i] as number),
    spanFrom: Uint32Array.from(indexes, (i) => batch.spanFrom[i] as number),
    spanTo: Uint32Array.from(indexes, (i) => batch.spanTo[i] as number),
    attributeHashes: Uint32Array.from(hashes),
    hashEnd,
    groups: batch.groups,
    names: batch.names,
    peers: batch.peers,
  };
}

function selectIds(ids: Uint8Array, indexes: readonly number[], width: number): Uint8Array {
  const selected = new Uint8Array(indexes.length * width);
  for (const [n, i] of indexes.entries()) {
    selected.set(ids.subarray(i * width, (i + 1) * width), n * width);
  }
  return selected;
}
