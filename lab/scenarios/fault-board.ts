import { z } from 'zod';
import { XDS_TYPES } from '#telemetry/xds-type.ts';
import { ask } from './ask.ts';
import { FAULTS, type FaultKind, type FaultPart } from './fault-catalogue.ts';
import type { LabWires } from './lab-controls.ts';

type BoardWires = Pick<
  LabWires,
  'controlPlaneAdmin' | 'dnsAdmin' | 'relayAdmin' | 'instances' | 'appPort'
>;

/** One fault as it stands. `on` is what its part says; undefined when the part does not answer. */
export interface FaultState extends Omit<FaultKind, 'bodyOf' | 'targets'> {
  /** What it can be made to; empty where it is the part itself. */
  readonly targets: readonly string[];
  /** Targets for which it holds; `['']` where it holds for the part itself. */
  readonly on: readonly string[] | undefined;
}

type Body = Readonly<Record<string, unknown>>;

const Faults = z.array(z.record(z.string(), z.unknown()));
const PartState = z.object({ faults: Faults });
const RelayState = z.object({ links: z.array(z.object({ link: z.string(), faults: Faults })) });
const ServiceFault = z.object({ extraMs: z.number(), errorRatio: z.number() });
type ServiceFault = z.infer<typeof ServiceFault>;

/** What each part says of its faults; undefined where it does not answer. */
interface Readings {
  readonly held: ReadonlyMap<FaultPart, readonly Body[] | undefined>;
  readonly links: readonly string[];
}

/** The lab's faults as switches: read from the parts that have them, and set there. */
export class FaultBoard {
  readonly #wires: BoardWires;
  readonly #services: readonly string[];

  constructor(wires: BoardWires) {
    this.#wires = wires;
    this.#services = [...new Set(wires.instances.map(({ service }) => service))];
  }

  async read(): Promise<readonly FaultState[]> {
    const { held, links } = await this.#readAll();
    return FAULTS.map(({ bodyOf, targets: kind, ...fault }) => {
      const targets = this.#targetsOf(kind, links);
      const bodies = held.get(fault.part);
      const asked = targets.length === 0 ? [''] : targets;
      const on = bodies && asked.filter((one) => isHeld(bodies, fault.part, bodyOf(one), one));
      return { ...fault, targets, on };
    });
  }

  /** Rejects with what the part answered; with a RangeError when there is no such switch. */
  async set(id: string, target: string, isOn: boolean): Promise<void> {
    const fault = FAULTS.find((one) => one.id === id);
    if (fault === undefined) throw new RangeError(`no fault is called ${id}`);
    const targets = fault.targets === 'links' ? undefined : this.#targetsOf(fault.targets, []);
    const isKnown = targets === undefined || targets.includes(target) || targets.length === 0;
    if (!isKnown) throw new RangeError(`${id} is for one of ${targets?.join(', ')}`);
    const body = fault.bodyOf(target);
    if (fault.part === 'services') return this.#setService(target, body, isOn);
    await ask('POST', `${this.#adminOf(fault.part)}/faults${isOn ? '' : '/end'}`, body);
  }

  #targetsOf(kind: FaultKind['targets'], links: readonly string[]): readonly string[] {
    if (kind === 'whole') return [];
    return { services: this.#services, 'xds-types': XDS_TYPES, links }[kind];
  }

  async #readAll(): Promise<Readings> {
    const [controlPlane, dns, relay, services] = await Promise.all([
      this.#state(PartState, 'control-plane'),
      this.#state(PartState, 'dns'),
      this.#state(RelayState, 'relay'),
      this.#readServices().catch(() => undefined),
    ]);
    return {
      held: new Map<FaultPart, readonly Body[] | undefined>([
        ['control-plane', controlPlane?.faults],
        ['dns', dns?.faults],
        [
          'relay',
          relay?.links.flatMap(({ link, faults }) => faults.map((one) => ({ link, ...one }))),
        ],
        ['services', services],
      ]),
      links: relay?.links.map(({ link }) => link) ?? [],
    };
  }

  async #state<T>(schema: z.ZodType<T>, part: 'control-plane' | 'dns' | 'relay') {
    const answer = await ask('GET', `${this.#adminOf(part)}/state`).catch(() => undefined);
    return schema.safeParse(answer).data;
  }

  #adminOf(part: 'control-plane' | 'dns' | 'relay'): string {
    const { controlPlaneAdmin, dnsAdmin, relayAdmin } = this.#wires;
    return { 'control-plane': controlPlaneAdmin, dns: dnsAdmin, relay: relayAdmin }[part];
  }

  /** A fault holds for a service when it holds for each of its instances that answers. */
  async #readServices(): Promise<readonly Body[]> {
    const answers = await Promise.all(
      this.#services.map(async (service) => {
        const all = await Promise.all(this.#urlsOf(service).map((url) => readFault(url)));
        const known = all.filter((one) => one !== undefined);
        return known.length === 0
          ? []
          : [
              {
                service,
                extraMs: Math.min(...known.map(({ extraMs }) => extraMs)),
                errorRatio: Math.min(...known.map(({ errorRatio }) => errorRatio)),
              },
            ];
      }),
    );
    return answers.flat();
  }

  /** The two faults of a service are one setting: the other one stays as it is. */
  async #setService(service: string, body: Body, isOn: boolean): Promise<void> {
    await Promise.all(
      this.#urlsOf(service).map(async (url) => {
        const before = (await readFault(url)) ?? { extraMs: 0, errorRatio: 0 };
        const off = Object.fromEntries(Object.keys(body).map((key) => [key, 0]));
        await ask('POST', url, { ...before, ...(isOn ? body : off) });
      }),
    );
  }

  #urlsOf(service: string): readonly string[] {
    return this.#wires.instances
      .filter((instance) => instance.service === service)
      .map(({ address }) => `http://${address}:${this.#wires.appPort}/-/faults`);
  }
}

async function readFault(url: string): Promise<ServiceFault | undefined> {
  const answer = await ask('GET', url).catch(() => undefined);
  return ServiceFault.safeParse(answer).data;
}

/** Whether one of `bodies` is the fault that `body` asks for, whatever its measure. */
function isHeld(bodies: readonly Body[], part: FaultPart, body: Body, target: string): boolean {
  if (part === 'services') {
    const [measure = ''] = Object.keys(body);
    return bodies.some((one) => one['service'] === target && Number(one[measure]) > 0);
  }
  return bodies.some((one) =>
    ['kind', 'link', 'service', 'type'].every((key) => one[key] === body[key]),
  );
}
