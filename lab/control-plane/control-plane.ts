import { findInconsistencies } from '#lab/control-plane/check-consistent.ts';
import { countEndpoints, exceedsDropGuard, type HeldBack } from '#lab/control-plane/drop-guard.ts';
import { EnvoyViews } from '#lab/control-plane/envoy-views.ts';
import { applyFaults, type Fault, faultKey } from '#lab/control-plane/faults.ts';
import { holdBack, type Step } from '#lab/control-plane/hold-back.ts';
import {
  type MeshService,
  type ServiceCatalogue,
  toServices,
  withFrozenEndpoints,
} from '#lab/control-plane/mesh-model.ts';
import { DEFAULT_POLICY, type Policy } from '#lab/control-plane/policy.ts';
import { type RenderOptions, renderProxyless } from '#lab/control-plane/render-proxyless.ts';
import type { Snapshot } from '#lab/control-plane/snapshot.ts';
import { isSameView, nextView, type View } from '#lab/control-plane/view.ts';
import type { Node } from '#lab/xds/discovery.ts';
import type { Address } from '#lab/xds/resources.ts';
import type { XdsType } from '#telemetry/xds-type.ts';

/** Everything that a snapshot is made of. */
interface Inputs {
  readonly catalogue: ServiceCatalogue | undefined;
  readonly release: string;
  /** Services that the release no longer handles: all their resources vanish. */
  readonly dropped: ReadonlySet<string>;
  /** Endpoints as they were when they were frozen. */
  readonly frozen: readonly MeshService[] | undefined;
  readonly touch: number;
  readonly faults: ReadonlyMap<string, Fault>;
  readonly policy: Policy;
}

/** What the drop guard lets pass: all of a step, all or nothing of it, or what it has nothing against. */
type Leave = 'confirmed' | 'whole' | 'in-part';

export type Publication =
  | {
      readonly kind: 'published';
      readonly snapshot: Snapshot;
      readonly previous: Snapshot | undefined;
    }
  /** Nothing that a client could see has changed. */
  | { readonly kind: 'unchanged' }
  /** Nothing was pushed: the last good snapshot stays. */
  | { readonly kind: 'refused'; readonly reasons: readonly string[] };

export interface ControlPlaneOptions {
  /** Told to each client with each response. */
  readonly identifier: string;
  readonly firstVersion: number;
  readonly firstRelease: string;
  readonly loadReports: boolean;
  readonly policy?: Policy;
  /** Where Envoys resolve the names of DNS clusters; their system's way when undefined. */
  readonly dnsAddress?: Address;
  readonly now: () => number;
  readonly onPublished: (snapshot: Snapshot, previous: Snapshot | undefined) => void;
  /** A step was held back, or part of it, for other reasons than the step before it. */
  readonly onHeldBack?: (held: HeldBack, release: string) => void;
  /** After any change of faults or policy, also one that leaves the snapshot as it is: what was held may go now. */
  readonly onFaultsChanged: () => void;
}

/**
 * What the mesh should look like, and every published step of it. Knows no sockets. Until the registry has spoken there
 * is no snapshot at all: an empty one would read as the deletion of everything.
 */
export class ControlPlane {
  readonly identifier: string;
  readonly #options: ControlPlaneOptions;
  #inputs: Inputs;
  #beforeRelease: Pick<Inputs, 'release' | 'dropped'> | undefined;
  readonly #envoyViews: EnvoyViews;
  #snapshot: Snapshot | undefined;
  #refusal: readonly string[] = [];

  constructor(options: ControlPlaneOptions) {
    this.identifier = options.identifier;
    this.#options = options;
    this.#envoyViews = new EnvoyViews(options.dnsAddress);
    this.#inputs = {
      catalogue: undefined,
      release: options.firstRelease,
      dropped: new Set(),
      frozen: undefined,
      touch: 0,
      faults: new Map(),
      policy: options.policy ?? DEFAULT_POLICY,
    };
  }

  get snapshot(): Snapshot | undefined {
    return this.#snapshot;
  }

  get faults(): readonly Fault[] {
    return [...this.#inputs.faults.values()];
  }

  get policy(): Policy {
    return this.#inputs.policy;
  }

  get dropped(): ReadonlySet<string> {
    return this.#inputs.dropped;
  }

  /** Why not all of the latest state of the inputs is published; empty when it is. */
  get refusal(): readonly string[] {
    return this.#refusal;
  }

  applyCatalogue(catalogue: ServiceCatalogue): Publication {
    return this.#publish({ ...this.#inputs, catalogue }, 'in-part');
  }

  /** Rolls out a release that no longer handles `drop`, whole or not at all. `confirm` passes the drop guard. */
  rollOut(release: string, drop: readonly string[], confirm: boolean): Publication {
    const before = { release: this.#inputs.release, dropped: this.#inputs.dropped };
    const refusal = this.#refusal;
    const publication = this.#publish(
      { ...this.#inputs, release, dropped: new Set(drop) },
      confirm ? 'confirmed' : 'whole',
    );
    if (publication.kind === 'refused') {
      // It is as if it had never been asked for.
      this.#inputs = { ...this.#inputs, ...before };
      this.#refusal = refusal;
    } else this.#beforeRelease = before;
    return publication;
  }

  /** Back to the release before; `touched` alters what it restores. Undefined when there is nothing to go back to. */
  rollBack(touched: boolean): Publication | undefined {
    if (this.#beforeRelease === undefined) return undefined;
    const touch = this.#inputs.touch + (touched ? 1 : 0);
    const publication = this.#publish(
      { ...this.#inputs, ...this.#beforeRelease, touch },
      'confirmed',
    );
    this.#beforeRelease = undefined;
    return publication;
  }

  addFault(fault: Fault): Publication {
    const faults = new Map(this.#inputs.faults);
    faults.delete(faultKey(fault));
    const isEnd = fault.kind === 'freeze-endpoints' && !fault.on;
    if (!isEnd) faults.set(faultKey(fault), fault);
    return this.#setFaults(faults, 'in-part');
  }

  /** Ends the fault of this kind and target, whatever its measure; the others hold. */
  endFault(fault: Fault): Publication {
    const faults = new Map(this.#inputs.faults);
    faults.delete(faultKey(fault));
    return this.#setFaults(faults, 'confirmed');
  }

  clearFaults(): Publication {
    return this.#setFaults(new Map(), 'confirmed');
  }

  /** The whole policy from now on. Whoever sets it knows what it takes away. */
  obey(policy: Policy): Publication {
    const publication = this.#publish({ ...this.#inputs, policy }, 'confirmed');
    this.#options.onFaultsChanged();
    return publication;
  }

  /** Publishes what the drop guard holds back. */
  confirm(): Publication {
    return this.#publish(this.#inputs, 'confirmed');
  }

  /** Resources differ by kind of client: gRPC and our sidecar take API listeners, Envoy takes sockets. */
  viewFor(node: Node): View | undefined {
    if (this.#snapshot === undefined || !node.user_agent_name?.startsWith('envoy'))
      return this.#snapshot?.proxyless;
    return this.#envoyViews.viewFor(node.id ?? '', this.#snapshot);
  }

  isMuted(type: XdsType): boolean {
    return this.#inputs.faults.has(`mute ${type}`);
  }

  delayMs(): number {
    const fault = this.#inputs.faults.get('delay-pushes');
    return fault?.kind === 'delay-pushes' ? fault.ms : 0;
  }

  ttlSeconds(type: XdsType): number | undefined {
    const fault = this.#inputs.faults.get('resource-ttl');
    if (fault?.kind === 'resource-ttl') return fault.seconds;
    return type === 'EDS' ? this.#inputs.policy.endpointTtlSeconds : undefined;
  }

  #setFaults(faults: ReadonlyMap<string, Fault>, leave: Leave): Publication {
    const frozen = this.#frozenUnder(faults);
    const publication = this.#publish({ ...this.#inputs, faults, frozen }, leave);
    this.#options.onFaultsChanged();
    return publication;
  }

  #frozenUnder(faults: ReadonlyMap<string, Fault>): readonly MeshService[] | undefined {
    if (!faults.has('freeze-endpoints')) return undefined;
    return this.#inputs.frozen ?? this.#snapshot?.services ?? [];
  }

  #publish(inputs: Inputs, leave: Leave): Publication {
    this.#inputs = inputs;
    if (inputs.catalogue === undefined) return { kind: 'unchanged' };
    const previous = this.#snapshot;
    const whole = stepOf(inputs, inputs.catalogue);
    const step = this.#build(inputs, whole, previous);
    const guarded = leave === 'confirmed' ? undefined : this.#dropGuard(previous, step.next);
    const refusals = [...step.reasons, ...(guarded?.reasons ?? [])];
    const isNews = refusals.join() !== this.#refusal.join();
    this.#refusal = refusals;
    if (guarded !== undefined && isNews) this.#options.onHeldBack?.(guarded, inputs.release);
    const next =
      refusals.length === 0
        ? step.next
        : guarded &&
          previous &&
          leave === 'in-part' &&
          this.#rest(inputs, whole, previous, guarded);
    if (!next) return { kind: 'refused', reasons: refusals };
    if (previous !== undefined && isSameSnapshot(previous, next))
      return refusals.length === 0 ? { kind: 'unchanged' } : { kind: 'refused', reasons: refusals };
    this.#snapshot = next;
    this.#options.onPublished(next, previous);
    return { kind: 'published', snapshot: next, previous };
  }

  /** The step without the services that the guard holds back; undefined when that cannot go out either. */
  #rest(inputs: Inputs, whole: Step, previous: Snapshot, guarded: HeldBack): Snapshot | undefined {
    const held = new Set(guarded.concerned);
    for (let count = 0; held.size > count; ) {
      count = held.size;
      const { next, reasons } = this.#build(inputs, holdBack(whole, previous, held), previous);
      if (reasons.length > 0) return undefined;
      const still = this.#dropGuard(previous, next);
      if (still === undefined) return next;
      for (const name of still.concerned) held.add(name);
    }
    return undefined;
  }

  #build(
    inputs: Inputs,
    { services, faults }: Step,
    previous: Snapshot | undefined,
  ): { readonly next: Snapshot; readonly reasons: readonly string[] } {
    const version = previous === undefined ? this.#options.firstVersion : previous.version + 1;
    const options: RenderOptions = {
      touch: inputs.touch,
      dnsFallback: inputs.policy.dnsFallback,
      panicThresholdPercent: inputs.policy.panicThresholdPercent,
      outlierDetection: inputs.policy.outlierDetection,
      loadReports: this.#options.loadReports,
    };
    const sound = renderProxyless(services, options);
    const resources = applyFaults(sound, faults, services, options);
    const next: Snapshot = {
      version,
      release: inputs.release,
      publishedUnixMs: this.#options.now(),
      services,
      faults,
      renderOptions: options,
      proxyless: nextView(previous?.proxyless, resources, version),
      endpointCounts: countEndpoints(resources),
    };
    // A fault may break the whole on purpose; what was built without one may not.
    return { next, reasons: findInconsistencies(sound) };
  }

  #dropGuard(previous: Snapshot | undefined, next: Snapshot): HeldBack | undefined {
    const { dropGuardPercent } = this.#inputs.policy;
    if (dropGuardPercent === undefined || previous === undefined) return undefined;
    return exceedsDropGuard(previous, next, dropGuardPercent);
  }
}

function stepOf(inputs: Inputs, catalogue: ServiceCatalogue): Step {
  const live = toServices(catalogue);
  const services = inputs.frozen === undefined ? live : withFrozenEndpoints(live, inputs.frozen);
  return {
    services: services.filter(({ name }) => !inputs.dropped.has(name)),
    faults: [...inputs.faults.values()],
  };
}

function isSameSnapshot(a: Snapshot, b: Snapshot): boolean {
  return a.release === b.release && isSameView(a.proxyless, b.proxyless);
}
