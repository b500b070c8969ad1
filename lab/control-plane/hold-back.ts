import { type Fault, targetOf } from '#lab/control-plane/faults.ts';
import type { MeshService } from '#lab/control-plane/mesh-model.ts';
import { isResourceOf } from '#lab/control-plane/resource-names.ts';

/** What a snapshot is rendered from, for every kind of client. */
export interface Step {
  readonly services: readonly MeshService[];
  readonly faults: readonly Fault[];
}

/**
 * `next` as it is when the services `held` stay as they were in `previous`: with the endpoints that they had, or at all, and
 * without the faults that are new to them. All else is as in `next`.
 */
export function holdBack(next: Step, previous: Step, held: ReadonlySet<string>): Step {
  const before = new Map(
    previous.services.filter(({ name }) => held.has(name)).map((kept) => [kept.name, kept]),
  );
  const listed = new Set(next.services.map(({ name }) => name));
  const gone = [...before.values()].filter(({ name }) => !listed.has(name));
  const isHeld = (fault: Fault) => {
    const target = targetOf(fault);
    return target !== undefined && [...held].some((service) => isResourceOf(service, target));
  };
  return {
    services: [...next.services.map((service) => before.get(service.name) ?? service), ...gone],
    faults: next.faults.filter((fault) => previous.faults.includes(fault) || !isHeld(fault)),
  };
}

/** The service whose resource goes by `name`; undefined for none of `services`. */
export function ownerOf(name: string, services: readonly MeshService[]): string | undefined {
  return services.find((service) => isResourceOf(service.name, name))?.name;
}
