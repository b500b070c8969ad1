import type { Fault } from '#lab/control-plane/faults.ts';
import type { MeshService } from '#lab/control-plane/mesh-model.ts';
import type { RenderOptions } from '#lab/control-plane/render-proxyless.ts';
import type { View } from '#lab/control-plane/view.ts';

/** One published state of the mesh, whole. */
export interface Snapshot {
  readonly version: number;
  readonly release: string;
  readonly publishedUnixMs: number;
  readonly services: readonly MeshService[];
  readonly proxyless: View;
  /** Of the proxyless view, by load assignment. */
  readonly endpointCounts: ReadonlyMap<string, number>;
  /** What views of other kinds of client are made with. */
  readonly faults: readonly Fault[];
  readonly renderOptions: RenderOptions;
}
