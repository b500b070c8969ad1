import type { SupervisorClient } from './supervisor-client.ts';

export interface LabInstance {
  readonly service: string;
  readonly instance: string;
  readonly address: string;
}

/** What the supervisor runs beside the lab; a scenario never touches them. */
const PRODUCT = new Set(['postgres', 'ingester', 'analyzer', 'dashboard', 'scenario']);

/** Where each instance stands and with what settings, and how it gets elsewhere and back. */
export class LabPlaces {
  readonly supervisor: SupervisorClient;
  readonly #instances: readonly LabInstance[];
  /** Instances that stand elsewhere than at home. */
  readonly #moved = new Map<string, string>();
  /** Processes that will be started with settings of their own. */
  readonly #prepared = new Set<string>();
  /** Settings that hold for each start of a process while a run goes on, beside those of the start itself. */
  readonly #runSettings = new Map<string, Readonly<Record<string, string>>>();

  constructor(instances: readonly LabInstance[], supervisor: SupervisorClient) {
    this.#instances = instances;
    this.supervisor = supervisor;
  }

  async start(process: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.supervisor.start(process, { ...this.#runSettings.get(process), ...env });
  }

  /** From its next start on, whoever starts it, until `endRunSettings`. */
  async setForRun(process: string, env: Readonly<Record<string, string>>): Promise<void> {
    this.#runSettings.set(process, { ...this.#runSettings.get(process), ...env });
    await this.start(process, this.#placeOf(process));
  }

  async endRunSettings(): Promise<void> {
    for (const process of [...this.#runSettings.keys()]) {
      this.#runSettings.delete(process);
      // What is stopped stays so: whoever starts it says how.
      if (await this.#isUp(process)) await this.start(process, this.#placeOf(process));
    }
  }

  async #isUp(process: string): Promise<boolean> {
    const found = (await this.supervisor.processes()).find(({ name }) => name === process);
    return found?.state === 'running';
  }

  /** Where an instance that was moved stands, with its sidecar. */
  #placeOf(process: string): Readonly<Record<string, string>> {
    const address = this.#moved.get(process.replace(/-sidecar$/, ''));
    return address === undefined ? {} : { ADDRESS: address };
  }

  /** Settings for the next start of a process that runs, e.g. after a crash. */
  async prepare(process: string, env: Readonly<Record<string, string>>): Promise<void> {
    this.#prepared.add(process);
    await this.start(process, env);
  }

  async move(instance: string, host: number): Promise<void> {
    const home = this.#instances.find((i) => i.instance === instance);
    if (!home) throw new Error(`no instance is called ${instance}`);
    const address = `${home.address.slice(0, home.address.lastIndexOf('.'))}.${host}`;
    await this.#restart(instance, { ADDRESS: address });
    this.#moved.set(instance, address);
  }

  /** As a deploy does it: the application leaves the registry and drains before its sidecar goes. */
  async #restart(instance: string, env: Readonly<Record<string, string>>): Promise<void> {
    const names = [instance, `${instance}-sidecar`];
    for (const name of names) await this.supervisor.signal(name, 'SIGTERM');
    await Promise.all(names.map((name) => this.start(name, env)));
  }

  addressOf({ instance, address }: LabInstance): string {
    return this.#moved.get(instance) ?? address;
  }

  instancesOf(service: string): readonly LabInstance[] {
    const found = this.#instances.filter((i) => i.service === service);
    if (found.length === 0) throw new Error(`no service is called ${service}`);
    return found;
  }

  /** `envOf` gives the settings with which each is started. */
  async startStopped(envOf: (name: string) => Readonly<Record<string, string>>): Promise<void> {
    for (const { name, state } of await this.supervisor.processes()) {
      if (PRODUCT.has(name)) continue;
      // Harmless to a process that was not frozen.
      if (state === 'running') await this.supervisor.signal(name, 'SIGCONT');
      else if (state === 'stopped') await this.start(name, envOf(name));
    }
  }

  async restart(process: string): Promise<void> {
    await this.supervisor.signal(process, 'SIGTERM');
    await this.start(process, this.#placeOf(process));
  }

  async restoreSettings(): Promise<void> {
    for (const name of [...this.#prepared]) {
      // One that crashed waits for its supervisor's backoff.
      await this.supervisor.until(name, 'running');
      await this.start(name);
      this.#prepared.delete(name);
    }
  }

  /** `untilServed` waits until callers are told of the instance. */
  async bringHome(untilServed: (home: LabInstance) => Promise<void>): Promise<void> {
    // One after the other, each seen by the control plane before the next leaves: mending must not hurt.
    for (const home of this.#instances.filter((i) => this.#moved.has(i.instance))) {
      await this.#restart(home.instance, {});
      this.#moved.delete(home.instance);
      await untilServed(home);
    }
  }
}
