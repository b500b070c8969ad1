import type { Safeguard } from '#telemetry/safeguard.ts';
import { ask } from './ask.ts';
import type { LabInstance, LabPlaces } from './lab-places.ts';
import { keepsDeleted, policyOf } from './lessons.ts';
import type { LoadClient } from './load-client.ts';
import type { SidecarPort } from './sidecar-port.ts';

interface LessonWires {
  readonly controlPlaneAdmin: string;
  readonly instances: readonly LabInstance[];
  readonly sidecars: SidecarPort;
}

const POLL_MS = 500;
const CALM_LIMIT_MS = 30_000;
const CALM_SECONDS = 3;

/**
 * Brings lessons into force at the parts that they are about: at once, and for whatever is started while they hold, so
 * that neither the end of a fault nor a restart takes them away.
 */
export class LessonSwitch {
  readonly #wires: LessonWires;
  readonly #places: LabPlaces;
  readonly #load: LoadClient;
  #grpcKeepsDeleted = false;

  constructor(wires: LessonWires, places: LabPlaces, load: LoadClient) {
    this.#wires = wires;
    this.#places = places;
    this.#load = load;
  }

  /** These and no others, and what else the control plane's policy is to say, until the next call. */
  async putInForce(
    lessons: readonly Safeguard[],
    beside: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    await this.#places.endRunSettings();
    const policy = { ...beside, ...policyOf(lessons) };
    await ask('PUT', `${this.#wires.controlPlaneAdmin}/policy`, policy);
    await this.#places.setForRun('control-plane', { CONTROL_PLANE_POLICY: JSON.stringify(policy) });
    const keeps = keepsDeleted(lessons);
    await this.#tellSidecars(keeps);
    if (keeps !== this.#grpcKeepsDeleted) await this.#restartGateways(keeps);
  }

  async #tellSidecars(keeps: boolean): Promise<void> {
    for (const home of this.#wires.instances) {
      await this.#wires.sidecars.setPolicy(this.#places.addressOf(home), {
        onDeletion: keeps ? 'keep' : 'drop',
        onOversize: 'refuse',
      });
      if (keeps) await this.#places.setForRun(`${home.instance}-sidecar`, { ON_DELETION: 'keep' });
    }
  }

  /**
   * The gRPC library reads its bootstrap once. Users wait meanwhile: what they would see is not the lesson's doing.
   */
  async #restartGateways(keeps: boolean): Promise<void> {
    await this.#load.scale(0);
    for (const { instance } of this.#places.instancesOf('gateway')) {
      if (keeps) await this.#places.setForRun(instance, { XDS_IGNORE_DELETION: 'true' });
      await this.#places.restart(instance);
    }
    this.#grpcKeepsDeleted = keeps;
    await this.#load.scale(1);
    await this.#untilUsersAreCalm();
  }

  /** A gateway that was restarted knows no session: its users log in once more. */
  async #untilUsersAreCalm(): Promise<void> {
    const endMs = Date.now() + CALM_LIMIT_MS;
    while (Date.now() < endMs) {
      const now = Math.floor(Date.now() / 1000);
      const lately = await this.#load.readSeconds(now - CALM_SECONDS);
      const closed = lately.filter(({ second }) => second < now);
      const isCalm = closed.every((second) => second.failed + second.loggedOut === 0);
      if (isCalm && closed.filter(({ ok }) => ok > 0).length >= CALM_SECONDS) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
