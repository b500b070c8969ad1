/**
 * What the snapshot caches of go-control-plane and java-control-plane promise, seen from a socket. Each case by its name
 * is in CONFORMANCE.md; those that hold for single answers stand in the other files.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '#lab/control-plane/policy.ts';
import { TYPE_URL } from '#lab/xds/type-urls.ts';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';
import { DeltaProbe, deltaNames, namesOf, SotwProbe } from '#tests/support/ads-probe.ts';
import { BASE, IMAGE, SONG } from '#tests/support/probed-mesh.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';
import {
  catalogueOf,
  startTestControlPlane,
  type TestControlPlane,
} from '#tests/support/test-control-plane.ts';

const NAMES: Readonly<Record<XdsType, readonly string[]>> = {
  CDS: [],
  EDS: ['song', 'artist'],
  LDS: [],
  RDS: ['song-route', 'artist-route'],
};

let plane: TestControlPlane;
let probes: { close: () => void }[];

function publish(services: Readonly<Record<string, readonly string[]>>): void {
  plane.controlPlane.applyCatalogue(catalogueOf(services, 'http'));
}

function connectSotw(features: readonly string[] = []): SotwProbe {
  const probe = SotwProbe.connect(plane.address, { id: 'probe-1', client_features: features });
  probes.push(probe);
  return probe;
}

function connectDelta(features: readonly string[] = []): DeltaProbe {
  const probe = DeltaProbe.connect(plane.address, { id: 'probe-2', client_features: features });
  probes.push(probe);
  return probe;
}

beforeEach(async () => {
  probes = [];
  plane = await startTestControlPlane();
});

afterEach(() => {
  for (const probe of probes) probe.close();
  plane.stop();
});

describe('a snapshot', () => {
  it('that comes after the requests answers all four types of each dialect once, in their order', async () => {
    const [sotw, delta] = [connectSotw(), connectDelta()];
    for (const type of XDS_TYPES) {
      sotw.subscribe(type, NAMES[type]);
      delta.subscribe(type, NAMES[type]);
    }
    await sotw.expectQuiet();
    await delta.expectQuiet();
    publish(BASE);
    // Each is taken before what leads to it comes.
    for (const type of ['CDS', 'EDS', 'LDS', 'RDS'] as const) {
      sotw.ack(type, await sotw.next(type), NAMES[type]);
      await delta.take(type);
    }
    await sotw.expectQuiet();
    await delta.expectQuiet();
  });

  it('that changes endpoints alone answers their type alone, with a version of its own', async () => {
    publish(BASE);
    const [sotw, delta] = [connectSotw(), connectDelta()];
    const before = new Map<XdsType, string | undefined>();
    for (const type of XDS_TYPES) {
      before.set(type, (await sotw.obtain(type, NAMES[type])).version_info);
      await delta.obtain(type, NAMES[type]);
    }
    publish({ ...BASE, song: SONG.slice(0, 1) });
    const endpoints = await sotw.next('EDS');
    expect(endpoints.version_info).not.toBe(before.get('EDS'));
    expect(deltaNames(await delta.take('EDS'))).toEqual(['song']);
    await sotw.expectQuiet();
    await delta.expectQuiet();
  });

  it('published again alike leaves every subscription open and unanswered', async () => {
    publish(BASE);
    const [sotw, delta] = [connectSotw(), connectDelta()];
    for (const type of XDS_TYPES) {
      await sotw.obtain(type, NAMES[type]);
      await delta.obtain(type, NAMES[type]);
    }
    publish({ ...BASE });
    await sotw.expectQuiet();
    await delta.expectQuiet();
    publish({ ...BASE, song: SONG.slice(0, 1) });
    expect(namesOf(await sotw.next('EDS'))).toContain('song');
    expect(deltaNames(await delta.take('EDS'))).toEqual(['song']);
  });

  it('that has a name which was asked for in vain answers it, beside those that were there', async () => {
    publish(BASE);
    const sotw = connectSotw();
    const names = [...NAMES.EDS, 'image'];
    await sotw.obtain('EDS', names);
    await sotw.expectQuiet();
    publish({ ...BASE, image: IMAGE });
    expect(namesOf(await sotw.next('EDS'))).toContain('image');
  });
});

describe('times to live', () => {
  it('of endpoints alone beat for endpoints alone, with the version they have', async () => {
    publish(BASE);
    plane.controlPlane.obey({ ...DEFAULT_POLICY, endpointTtlSeconds: 0.6 });
    const sotw = connectSotw(['xds.config.supports-resource-in-sotw']);
    let version: string | undefined;
    for (const type of ['CDS', 'LDS', 'RDS', 'EDS'] as const) {
      version = (await sotw.obtain(type, NAMES[type])).version_info;
    }
    for (let beat = 0; beat < 3; beat++) {
      const heartbeat = await sotw.next('EDS');
      expect(heartbeat.version_info).toBe(version);
      sotw.ack('EDS', heartbeat, NAMES.EDS);
    }
  });

  it('that beat before anything was published say nothing, and harm nobody', async () => {
    plane.controlPlane.obey({ ...DEFAULT_POLICY, endpointTtlSeconds: 0.1 });
    const sotw = connectSotw(['xds.config.supports-resource-in-sotw']);
    const delta = connectDelta(['xds.config.supports-resource-ttl']);
    sotw.subscribe('EDS', NAMES.EDS);
    delta.subscribe('EDS', NAMES.EDS);
    // Four beats.
    await sotw.expectQuiet();
    await delta.expectQuiet();
    publish(BASE);
    expect((await sotw.next('EDS')).resources).toHaveLength(2);
    expect(deltaNames(await delta.take('EDS'))).toEqual(['artist', 'song']);
  });
});

describe('a stream of senseless requests', () => {
  it.each([1, 2, 3])(
    'harms nobody else and ends, if at all, with a status (seed %i)',
    async (seed) => {
      publish(BASE);
      const neighbour = connectSotw();
      await neighbour.obtain('EDS', ['song']);
      const roll = seededRandom(seed);
      const pick = <T>(of: readonly T[]): T => of[Math.floor(roll() * of.length)] as T;
      const names = () => [
        pick(['song', '*', 'ghost', '', 'song-route']),
        pick(['song', 'artist']),
      ];
      const types = [...Object.values(TYPE_URL), 'type.googleapis.com/none'];
      const nonces = ['', '1', 'stale', '1-1', '1-2', '1-3'];
      const sotw = connectSotw();
      const delta = connectDelta();
      for (const probe of [sotw, delta])
        probe.write({ node: { id: `senseless-${seed}` } } as never);
      for (let i = 0; i < 300; i++) {
        const type_url = pick(types);
        const response_nonce = pick(nonces);
        const refusal = roll() < 0.2 ? { error_detail: { code: 3, message: 'no' } } : {};
        sotw.write({ type_url, response_nonce, resource_names: names(), ...refusal });
        delta.write({
          type_url,
          response_nonce,
          resource_names_subscribe: names(),
          resource_names_unsubscribe: names(),
          initial_resource_versions: { [pick(['song', 'ghost'])]: pick(nonces) },
          ...refusal,
        });
      }
      publish({ ...BASE, song: SONG.slice(0, 1) });
      expect(namesOf(await neighbour.next('EDS'))).toEqual(['song']);
      const newcomer = connectSotw();
      expect(namesOf(await newcomer.obtain('CDS'))).toEqual(['artist', 'song']);
      for (const probe of [sotw, delta]) probe.close();
      await expect.poll(() => plane.ads.streams.size).toBe(2);
    },
  );
});
