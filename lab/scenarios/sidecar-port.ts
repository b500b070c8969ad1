import { ask } from './ask.ts';
import type { LabInstance } from './lab-places.ts';

/** How a proxy meets a configuration that harms. */
export interface SidecarPolicy {
  /** undefined = as it is. */
  readonly onDeletion?: 'keep' | 'drop';
  readonly onOversize: 'refuse' | 'crash';
}

/** What scenarios ask of the proxy beside an instance, whichever kind stands there. */
export interface SidecarPort {
  /** Resolves when the proxy finds the callees by `mode`. `address` is where the instance stands now. */
  route(
    instance: LabInstance,
    address: string,
    mode: 'xds' | 'dns',
    callees: readonly string[] | 'all',
  ): Promise<void>;
  /** Rejects where its kind cannot do so. */
  setPolicy(address: string, policy: SidecarPolicy): Promise<void>;
}

/** Our own sidecars, by their admin API. */
export class OwnSidecars implements SidecarPort {
  readonly #adminPort: number;

  constructor(adminPort: number) {
    this.#adminPort = adminPort;
  }

  async route(
    _instance: LabInstance,
    address: string,
    mode: 'xds' | 'dns',
    callees: readonly string[] | 'all',
  ): Promise<void> {
    const body = { mode, ...(callees !== 'all' && { services: callees }) };
    await ask('POST', `http://${address}:${this.#adminPort}/routing`, body);
  }

  async setPolicy(address: string, policy: SidecarPolicy): Promise<void> {
    await ask('POST', `http://${address}:${this.#adminPort}/policy`, policy);
  }
}
