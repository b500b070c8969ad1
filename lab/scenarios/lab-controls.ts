import { z } from 'zod';
import type { Safeguard } from '#telemetry/safeguard.ts';
import { ask, RefusedError } from './ask.ts';
import { type LabInstance, LabPlaces } from './lab-places.ts';
import { LessonSwitch } from './lesson-switch.ts';
import { USUAL_LESSONS } from './lessons.ts';
import { LoadClient, type LoadSecond } from './load-client.ts';
import type { LabAction, Scenario } from './scenario.ts';
import type { SidecarPort } from './sidecar-port.ts';
import { SupervisorClient } from './supervisor-client.ts';

export interface LabWires {
  readonly supervisorUrl: string;
  readonly supervisorToken: string;
  readonly controlPlaneAdmin: string;
  readonly dnsAdmin: string;
  readonly relayAdmin: string;
  readonly loadUrl: string;
  readonly instances: readonly LabInstance[];
  readonly appPort: number;
  readonly sidecars: SidecarPort;
}

const LoginState = z.object({ mode: z.string(), channels: z.number() });
const ControlPlaneState = z.object({
  version: z.string().nullable(),
  dropped: z.array(z.string()),
  services: z.array(
    z.object({ endpoints: z.array(z.object({ instance: z.string(), address: z.string() })) }),
  ),
});

const CONTROL_PLANE = 'control-plane';
const SERVED_LIMIT_MS = 10_000;
const POLL_MS = 50;

/** Everything that a scenario can do to the lab. Each method rejects with what the part answered. */
export class LabControls {
  readonly #wires: LabWires;
  readonly #places: LabPlaces;
  readonly #load: LoadClient;
  readonly #lessons: LessonSwitch;
  /** Of the control plane when it was last seen: one that is started again may count on from there. */
  #lastVersion = 0;

  constructor(wires: LabWires) {
    this.#wires = wires;
    const supervisor = new SupervisorClient(wires.supervisorUrl, wires.supervisorToken);
    this.#places = new LabPlaces(wires.instances, supervisor);
    this.#load = new LoadClient(wires.loadUrl);
    this.#lessons = new LessonSwitch(wires, this.#places, this.#load);
  }

  /** Resolves to a word about what came of it, where there is one. */
  async perform(action: LabAction): Promise<string | undefined> {
    try {
      await this.#perform(action);
      return undefined;
    } catch (error) {
      // A guard that does its work is no failure of the scenario.
      const isGuarded = ['release', 'rollback', 'control-plane-fault'].includes(action.kind);
      if (isGuarded && error instanceof RefusedError && error.status === 409) return error.message;
      throw error;
    }
  }

  /** Puts these lessons in force until the next call, and the others out of it; `policy` beside them. */
  learn(lessons: readonly Safeguard[], policy?: Scenario['policy']): Promise<void> {
    return this.#lessons.putInForce(lessons, policy);
  }

  async #perform(action: LabAction): Promise<void> {
    const { controlPlaneAdmin, dnsAdmin, relayAdmin } = this.#wires;
    switch (action.kind) {
      case 'release': {
        const { release, drop } = action;
        await ask('POST', `${controlPlaneAdmin}/releases`, { release, drop });
        return;
      }
      case 'rollback':
        await ask('POST', `${controlPlaneAdmin}/rollback`, { touched: action.touched });
        return;
      case 'control-plane-fault':
        await ask('POST', `${controlPlaneAdmin}/faults`, action.fault);
        return;
      case 'dns-fault':
        await ask('POST', `${dnsAdmin}/faults`, action.fault);
        return;
      case 'relay-fault':
        await ask('POST', `${relayAdmin}/faults`, action.fault);
        return;
      case 'clear-faults':
        await this.#clearFaults(action.part);
        return;
      default:
        await this.#performOnProcesses(action);
    }
  }

  /**
   * Ends every fault and brings everything back to where it started. Goes on past a part that does not answer; the
   * returned lines say which did not.
   */
  async mend(): Promise<readonly string[]> {
    const troubles: string[] = [];
    const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
      await work().catch((error: unknown) => troubles.push(`${what}: ${String(error)}`));
    };
    await attempt('processes', () =>
      this.#places.startStopped((name) => (name === CONTROL_PLANE ? this.#nextVersion() : {})),
    );
    await attempt('relay', () => this.#clearFaults('relay'));
    await attempt('control plane', () => this.#mendControlPlane());
    await attempt('DNS', () => this.#clearFaults('dns'));
    await attempt('modes', () => this.#routeAll('xds'));
    await attempt('settings', () => this.#places.restoreSettings());
    await attempt('places', () => this.#places.bringHome((home) => this.#untilServed(home)));
    await attempt('lessons', () => this.learn(USUAL_LESSONS));
    await attempt('load', () => this.#load.scale(1));
    await attempt('herd', () => this.#load.resizeHerd(0));
    for (const { instance, address, service } of this.#wires.instances) {
      await attempt(instance, () => this.#setServiceFault(address, 0, 0));
      if (service === 'gateway') await attempt('login channel', () => this.#mendLogin(address));
    }
    return troubles;
  }

  /** Users do from here on what they do after this seed. */
  reseed(seed: number): Promise<void> {
    return this.#load.reseed(seed);
  }

  /** What users saw, by second, since `fromSecond`. */
  readLoad(fromSecond: number): Promise<readonly LoadSecond[]> {
    return this.#load.readSeconds(fromSecond);
  }

  async #performOnProcesses(
    action: Extract<
      LabAction,
      {
        kind:
          | 'signal'
          | 'start'
          | 'hard-limit'
          | 'move'
          | 'route'
          | 'route-login'
          | 'service-fault'
          | 'load'
          | 'herd';
      }
    >,
  ): Promise<void> {
    switch (action.kind) {
      case 'signal':
        if (action.process === CONTROL_PLANE) await this.#noteVersion();
        return this.#places.supervisor.signal(action.process, action.signal);
      case 'start':
        return this.#places.start(action.process, {
          ...action.env,
          ...(action.versions === 'continued' && this.#nextVersion()),
        });
      case 'hard-limit':
        return this.#setHardLimit(action.instances);
      case 'move':
        return this.#places.move(action.instance, action.host);
      case 'route':
        return this.#route(action.caller, action.callee, action.mode);
      case 'route-login':
        return this.#routeLogin(action.mode, action.fresh);
      case 'service-fault': {
        const { extraMs, errorRatio } = action;
        const addresses = this.#places
          .instancesOf(action.service)
          .map((i) => this.#places.addressOf(i));
        await Promise.all(addresses.map((a) => this.#setServiceFault(a, extraMs, errorRatio)));
        return;
      }
      case 'load':
        return this.#load.scale(action.factor);
      case 'herd':
        return this.#load.resizeHerd(action.streams);
    }
  }

  async #clearFaults(part: 'control-plane' | 'dns' | 'relay'): Promise<void> {
    const { controlPlaneAdmin, dnsAdmin, relayAdmin } = this.#wires;
    const base = { 'control-plane': controlPlaneAdmin, dns: dnsAdmin, relay: relayAdmin }[part];
    await ask('DELETE', `${base}/faults`);
  }

  async #route(caller: string, callee: string, mode: 'xds' | 'dns'): Promise<void> {
    const instances = this.#places.instancesOf(caller);
    await Promise.all(
      instances.map((instance) =>
        this.#wires.sidecars.route(instance, this.#places.addressOf(instance), mode, [callee]),
      ),
    );
  }

  /** Before instances are brought home: names that are cached lead to where they are now. */
  async #routeAll(mode: 'xds' | 'dns'): Promise<void> {
    for (const instance of this.#wires.instances) {
      await this.#wires.sidecars.route(instance, this.#places.addressOf(instance), mode, 'all');
    }
  }

  async #routeLogin(mode: string, fresh: boolean): Promise<void> {
    for (const gateway of this.#places.instancesOf('gateway')) {
      const base = `http://${this.#places.addressOf(gateway)}:${this.#wires.appPort}`;
      await ask('POST', `${base}/-/routing`, { mode, fresh });
    }
  }

  async #setServiceFault(address: string, extraMs: number, errorRatio: number): Promise<void> {
    const body = { extraMs, errorRatio };
    await ask('POST', `http://${address}:${this.#wires.appPort}/-/faults`, body);
  }

  /** Until the control plane hands out the instance's address. */
  async #untilServed({ instance, address }: LabInstance): Promise<void> {
    const endMs = Date.now() + SERVED_LIMIT_MS;
    while (Date.now() < endMs) {
      const { services } = await this.#readControlPlane();
      const endpoints = services.flatMap((service) => service.endpoints);
      if (endpoints.some((e) => e.instance === instance && e.address === address)) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`the control plane does not hand out ${instance} at ${address}`);
  }

  async #readControlPlane(): Promise<z.infer<typeof ControlPlaneState>> {
    return ControlPlaneState.parse(await ask('GET', `${this.#wires.controlPlaneAdmin}/state`));
  }

  /** A control plane that is frozen or gone does not tell; what was known of it holds. */
  async #noteVersion(): Promise<void> {
    const state = await this.#readControlPlane().catch(() => undefined);
    this.#lastVersion = Math.max(this.#lastVersion, Number(state?.version ?? 0));
  }

  #nextVersion(): Readonly<Record<string, string>> {
    return { CONTROL_PLANE_FIRST_VERSION: `${this.#lastVersion + 1}` };
  }

  async #setHardLimit(names: readonly string[]): Promise<void> {
    for (const instance of this.#wires.instances.filter((i) => names.includes(i.instance))) {
      await this.#places.prepare(`${instance.instance}-sidecar`, { ON_OVERSIZE: 'crash' });
      await this.#wires.sidecars.setPolicy(this.#places.addressOf(instance), {
        onOversize: 'crash',
      });
    }
  }

  async #mendControlPlane(): Promise<void> {
    await this.#clearFaults('control-plane');
    const { controlPlaneAdmin } = this.#wires;
    const { dropped } = await this.#readControlPlane();
    if (dropped.length > 0) await ask('POST', `${controlPlaneAdmin}/rollback`, { touched: false });
  }

  /** A gRPC client that was sent elsewhere may be stuck: it gets a new channel. */
  async #mendLogin(address: string): Promise<void> {
    const url = `http://${address}:${this.#wires.appPort}/-/routing`;
    const { mode, channels } = LoginState.parse(await ask('GET', url));
    if (mode !== 'xds' || channels > 1) await ask('POST', url, { mode: 'xds', fresh: true });
  }
}
