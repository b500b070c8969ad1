import { createHash } from 'node:crypto';
import type { Any } from '#lab/xds/discovery.ts';
import { packResource } from '#lab/xds/protos.ts';
import { type Resource, resourceName } from '#lab/xds/resources.ts';
import { xdsTypeOf } from '#lab/xds/type-urls.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';

/** One resource as one kind of client gets it. The object stays the same for as long as its content does. */
export interface Entry {
  readonly name: string;
  /** The published version in which this content appeared. */
  readonly version: number;
  /** Of the content: what delta clients know a resource by, also after a restart of the control plane. */
  readonly hash: string;
  readonly any: Any;
  /** For an EDS cluster: the load assignment that it waits for. */
  readonly edsName: string | undefined;
}

export interface TypeView {
  readonly entries: ReadonlyMap<string, Entry>;
  /** The published version in which each name last changed, appeared or vanished. */
  readonly changedIn: ReadonlyMap<string, number>;
  /** The published version in which anything of this type last changed. */
  readonly version: number;
}

/** Everything that one kind of client may ask for, whole. Never edited: a change makes the next view. */
export type View = Readonly<Record<XdsType, TypeView>>;

const NO_ENTRIES: TypeView = { entries: new Map(), changedIn: new Map(), version: 0 };

/**
 * The view of `resources`, published as `version`. What is byte for byte as in `previous` keeps its entry and version, so
 * that a push happens only on change, and equal content always goes by the same version.
 */
export function nextView(
  previous: View | undefined,
  resources: readonly Resource[],
  version: number,
): View {
  const next = (type: XdsType) =>
    nextTypeView(
      previous?.[type] ?? NO_ENTRIES,
      resources.filter((resource) => xdsTypeOf(resource['@type']) === type),
      version,
    );
  return { CDS: next('CDS'), EDS: next('EDS'), LDS: next('LDS'), RDS: next('RDS') };
}

function nextTypeView(
  previous: TypeView,
  resources: readonly Resource[],
  version: number,
): TypeView {
  const entries = new Map<string, Entry>();
  const changedIn = new Map(previous.changedIn);
  for (const resource of resources) {
    const entry = toEntry(resource, previous.entries, version);
    entries.set(entry.name, entry);
    changedIn.set(entry.name, entry.version);
  }
  const vanished = [...previous.entries.keys()].filter((name) => !entries.has(name));
  for (const name of vanished) changedIn.set(name, version);
  const changed =
    previous.version === 0 ||
    vanished.length > 0 ||
    [...entries.values()].some((entry) => entry.version === version);
  // The same object says at a glance that nothing of this type changed.
  return changed ? { entries, changedIn, version } : previous;
}

function toEntry(resource: Resource, previous: ReadonlyMap<string, Entry>, version: number): Entry {
  const name = resourceName(resource);
  const any = packResource(resource);
  const before = previous.get(name);
  if (before !== undefined && Buffer.compare(before.any.value, any.value) === 0) return before;
  return { name, version, hash: hashOf(any), any, edsName: edsNameOf(resource) };
}

function hashOf(any: Any): string {
  return createHash('sha256').update(any.value).digest('hex').slice(0, 12);
}

function edsNameOf(resource: Resource): string | undefined {
  return 'eds_cluster_config' in resource ? resource.eds_cluster_config?.service_name : undefined;
}

/** Whether the two hold the same entries. */
export function isSameView(a: View, b: View): boolean {
  return XDS_TYPES.every((type) => a[type].version === b[type].version);
}

export function countResources(view: View): number {
  return XDS_TYPES.reduce((sum, type) => sum + view[type].entries.size, 0);
}

/** Names that `before` had and `after` has not. */
export function removedNames(
  before: View | undefined,
  after: View,
  type: XdsType,
): readonly string[] {
  return [...(before?.[type].entries.keys() ?? [])].filter(
    (name) => !after[type].entries.has(name),
  );
}
