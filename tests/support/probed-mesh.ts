import { afterEach, beforeEach } from 'vitest';
import type { Node } from '#lab/xds/discovery.ts';
import {
  catalogueOf,
  startTestControlPlane,
  type TestControlPlane,
} from '#tests/support/test-control-plane.ts';

export const SONG = ['127.22.13.1:15006', '127.22.13.2:15006'];
export const ARTIST = ['127.22.14.1:15006'];
export const IMAGE = ['127.22.15.1:15006'];
/** The services that each test finds. */
export const BASE = { song: SONG, artist: ARTIST };
/** google.rpc.Code */
export const INVALID_ARGUMENT = 3;

/** A control plane with `BASE` and one probe on it, both made anew for each test of the file. */
export interface ProbedMesh<P> {
  readonly plane: TestControlPlane;
  readonly probe: P;
  /** Another client; it is closed with the test. */
  readonly connect: (id?: string) => P;
  /** These are all the services there are from now on. */
  readonly publish: (services: Readonly<Record<string, readonly string[]>>) => void;
}

export function setUpProbedMesh<P extends { readonly close: () => void }>(
  connectProbe: (address: string, node?: Node) => P,
): ProbedMesh<P> {
  const probes: P[] = [];
  let plane: TestControlPlane | undefined;
  const mesh = {
    get plane() {
      if (!plane) throw new Error('the control plane is there during a test only');
      return plane;
    },
    get probe() {
      const [first] = probes;
      if (!first) throw new Error('the probe is there during a test only');
      return first;
    },
    connect: (id = 'probe-2') => {
      const probe = connectProbe(mesh.plane.address, { id, cluster: 'probe' });
      probes.push(probe);
      return probe;
    },
    publish: (services: Readonly<Record<string, readonly string[]>>) =>
      mesh.plane.controlPlane.applyCatalogue(catalogueOf(services, 'http')),
  };
  beforeEach(async () => {
    plane = await startTestControlPlane();
    mesh.publish(BASE);
    mesh.connect('probe-1');
  });
  afterEach(() => {
    for (const probe of probes.splice(0)) probe.close();
    plane?.stop();
  });
  return mesh;
}
