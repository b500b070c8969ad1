import { applyFaults } from '#lab/control-plane/faults.ts';
import { renderEnvoy, toEnvoyCluster } from '#lab/control-plane/render-envoy.ts';
import type { Snapshot } from '#lab/control-plane/snapshot.ts';
import { nextView, type View } from '#lab/control-plane/view.ts';
import type { Address } from '#lab/xds/resources.ts';

/** Each Envoy has a view of its own, since its listeners name its own address. More than a lab ever has are refused. */
const NODE_LIMIT = 1000;

/** Views for Envoys by node id, made when they are first asked for and kept up to date from then on. */
export class EnvoyViews {
  readonly #dnsAddress: Address | undefined;
  readonly #views = new Map<string, { readonly snapshot: Snapshot; readonly view: View }>();

  constructor(dnsAddress: Address | undefined) {
    this.#dnsAddress = dnsAddress;
  }

  viewFor(nodeId: string, snapshot: Snapshot): View | undefined {
    const known = this.#views.get(nodeId);
    if (known?.snapshot === snapshot) return known.view;
    if (known === undefined && this.#views.size >= NODE_LIMIT) return undefined;
    const view = nextView(known?.view, this.#render(nodeId, snapshot), snapshot.version);
    this.#views.set(nodeId, { snapshot, view });
    return view;
  }

  #render(nodeId: string, snapshot: Snapshot) {
    const { services, faults, renderOptions } = snapshot;
    const dnsAddress = this.#dnsAddress;
    const resources = renderEnvoy(services, nodeId, { ...renderOptions, dnsAddress });
    // What is put in by name is written for the other kind of client.
    const forEnvoy = faults.filter(({ kind }) => kind !== 'replace-resource');
    return applyFaults(resources, forEnvoy, services, {
      ...renderOptions,
      toClientCluster: (cluster, service) => toEnvoyCluster(cluster, service, dnsAddress),
    });
  }
}
