import { describe, expect, it } from 'vitest';
import { controlPlaneFor, labTopology } from '#processes/topology.ts';

describe('the lab topology', () => {
  it('gives every instance an address of its own on loopback', () => {
    const addresses = labTopology(0).instances.map((instance) => instance.address);
    expect(new Set(addresses).size).toBe(addresses.length);
    expect(addresses.every((address) => address.startsWith('127.'))).toBe(true);
  });

  it('has two instances each of song and artist', () => {
    const names = labTopology(0).instances.map((instance) => instance.instance);
    expect(names).toEqual(expect.arrayContaining(['song-1', 'song-2', 'artist-1', 'artist-2']));
    expect(names).toHaveLength(8);
  });

  it('lets a partition cut off some: playlist reaches the control plane another way than gateway and song', () => {
    const topology = labTopology(0);
    const ways = new Map(topology.instances.map((i) => [i.instance, controlPlaneFor(i, topology)]));
    expect(ways.get('playlist-1')).toBe(topology.relayXdsZoneB);
    for (const name of ['gateway-1', 'song-1', 'song-2'])
      expect(ways.get(name)).toBe(topology.relayXds);
  });

  it('shares no address between two labs', () => {
    const used = (net: number) => [
      labTopology(net).host,
      ...labTopology(net).instances.map((instance) => instance.address),
    ];
    expect(used(1).filter((address) => used(2).includes(address))).toEqual([]);
  });
});
