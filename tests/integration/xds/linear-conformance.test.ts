/**
 * go-control-plane's linear cache, as its clients see it over a real socket: several of them with different subscriptions
 * to the same resources. Which case is which: CONFORMANCE.md.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { DiscoveryResponse } from '#lab/xds/discovery.ts';
import {
  DeltaProbe,
  deltaNames,
  namesOf,
  removedOf,
  SotwProbe,
  versionsOf,
} from '#tests/support/ads-probe.ts';
import { ARTIST, BASE, IMAGE, SONG, setUpProbedMesh } from '#tests/support/probed-mesh.ts';

const mesh = setUpProbedMesh(SotwProbe.connect);
/** Other addresses than in BASE. */
const MOVED = { song: ['127.22.13.7:15006'], artist: ['127.22.14.7:15006'] };
const LOGIN = ['127.22.11.1:15006'];

/** A client of one type that acknowledges what it is told, and may ask for other names as it does. */
class Client {
  readonly #probe: SotwProbe;
  readonly #type: 'CDS' | 'EDS';
  #names: readonly string[];
  #last: DiscoveryResponse = {};

  /** `version` is what it says it holds, of an earlier stream. */
  constructor(type: 'CDS' | 'EDS', names: readonly string[], version = '') {
    this.#probe = mesh.connect();
    this.#type = type;
    this.#names = names;
    this.#probe.request(type, { resource_names: names, version_info: version });
  }

  /** What the next answer carries. */
  async told(): Promise<readonly string[]> {
    this.#last = await this.#probe.next(this.#type);
    this.become(this.#names);
    return namesOf(this.#last);
  }

  become(names: readonly string[]): void {
    this.#names = names;
    this.#probe.ack(this.#type, this.#last, names);
  }

  get version(): number {
    return Number(this.#last.version_info);
  }

  isQuiet(): Promise<void> {
    return this.#probe.expectQuiet();
  }
}

const deltas: DeltaProbe[] = [];

function connectDelta(): DeltaProbe {
  const probe = DeltaProbe.connect(mesh.plane.address);
  deltas.push(probe);
  return probe;
}

afterEach(() => {
  for (const probe of deltas.splice(0)) probe.close();
});

describe('one publication', () => {
  it('that adds and removes is one answer, of a higher version, to those whom it concerns', async () => {
    const all = new Client('CDS', []);
    const named = new Client('CDS', ['song']);
    expect(await all.told()).toEqual(['artist', 'song']);
    expect(await named.told()).toEqual(['song']);
    const before = all.version;
    mesh.publish({ song: SONG, image: IMAGE });
    expect(await all.told()).toEqual(['image', 'song']);
    expect(all.version).toBeGreaterThan(before);
    await all.isQuiet();
    await named.isQuiet();
  });

  it('of a changed assignment is sent alone to who asked for two, and not to who asked for the other', async () => {
    const both = new Client('EDS', ['song', 'artist']);
    const other = new Client('EDS', ['artist']);
    await both.told();
    await other.told();
    mesh.publish({ ...BASE, song: MOVED.song });
    expect(await both.told()).toEqual(['song']);
    await other.isQuiet();
  });
});

describe('clients of the full state', () => {
  it('are told when what they asked for changes or appears, with all of it, and not otherwise', async () => {
    const all = new Client('CDS', []);
    const withSong = new Client('CDS', ['artist', 'song', 'image']);
    const withoutSong = new Client('CDS', ['artist', 'image']);
    for (const client of [all, withSong, withoutSong]) await client.told();
    mesh.plane.controlPlane.addFault({ kind: 'bad-cluster', service: 'song' });
    expect(await all.told()).toEqual(['artist', 'song']);
    expect(await withSong.told()).toEqual(['artist', 'song']);
    await withoutSong.isQuiet();
    mesh.publish({ ...BASE, image: IMAGE });
    expect(await all.told()).toEqual(['artist', 'image', 'song']);
    expect(await withSong.told()).toEqual(['artist', 'image', 'song']);
    expect(await withoutSong.told()).toEqual(['artist', 'image']);
  });

  it('are told of a deletion by what is left, down to nothing', async () => {
    const named = new Client('CDS', ['song']);
    const all = new Client('CDS', []);
    for (const client of [named, all]) await client.told();
    mesh.publish({ artist: ARTIST });
    expect(await named.told()).toEqual([]);
    expect(await all.told()).toEqual(['artist']);
    mesh.publish({});
    expect(await all.told()).toEqual([]);
    await named.isQuiet();
  });
});

interface Answers {
  readonly unknown: readonly string[] | undefined;
  readonly afterSwap: readonly string[];
  readonly pairAfterSwap: readonly string[] | undefined;
  readonly oneMoreName: readonly string[];
  readonly afterLogin: readonly string[];
  readonly turnedToAll: readonly string[];
  readonly afterDeletion: readonly string[] | undefined;
  readonly artistBack: readonly string[];
}

/** What the same story is answered for a type whose answers carry what changed, and for one whose answers carry all. */
const ANSWERS: Readonly<Record<'EDS' | 'CDS', Answers>> = {
  EDS: {
    // Endpoints of a name that does not exist are waited for, and a deletion cannot be said.
    unknown: undefined,
    afterSwap: ['image'],
    pairAfterSwap: undefined,
    oneMoreName: ['song'],
    afterLogin: ['login'],
    turnedToAll: ['image', 'login'],
    afterDeletion: undefined,
    artistBack: ['artist'],
  },
  CDS: {
    unknown: [],
    afterSwap: ['image', 'song'],
    pairAfterSwap: ['song'],
    oneMoreName: ['image', 'song'],
    afterLogin: ['image', 'login', 'song'],
    turnedToAll: ['image', 'login', 'song'],
    afterDeletion: ['image', 'song'],
    artistBack: ['artist', 'image', 'song'],
  },
};

describe.each(['EDS', 'CDS'] as const)('four clients of %s', (type) => {
  it('follow their subscriptions as these turn from all to some and back', async () => {
    const answers = ANSWERS[type];
    // A version of another time is no reason to leave anything out.
    const all = new Client(type, ['*'], '1');
    const star = new Client(type, ['*']);
    const pair = new Client(type, ['artist', 'song'], 'prefix-1');
    const future = new Client(type, ['image']);
    await expectTold([all, star, pair], ['artist', 'song']);
    await expectTold([future], answers.unknown);
    await expectTold([all, star, pair, future], undefined);

    mesh.publish({ song: SONG, image: IMAGE });
    await expectTold([all, star], answers.afterSwap);
    await expectTold([pair], answers.pairAfterSwap);
    await expectTold([future], ['image']);

    // No longer all; and one name more, which is news.
    star.become(['image', 'artist']);
    await expectTold([star], undefined);
    future.become(['image', 'song']);
    await expectTold([future], answers.oneMoreName);
    mesh.publish({ song: SONG, image: IMAGE, login: LOGIN });
    await expectTold([all], answers.afterLogin);
    await expectTold([star, pair, future], undefined);

    // Fewer names are no news; all of them instead of two are.
    star.become(['artist']);
    await expectTold([star], undefined);
    pair.become(['*']);
    await expectTold([pair], answers.turnedToAll);

    mesh.publish({ song: SONG, image: IMAGE });
    await expectTold([all, pair], answers.afterDeletion);
    await expectTold([star, future], undefined);

    mesh.publish({ ...BASE, image: IMAGE });
    await expectTold([all, pair], answers.artistBack);
    await expectTold([star], ['artist']);
    await expectTold([future], undefined);
  });
});

/** Undefined: nothing. */
async function expectTold(
  clients: readonly Client[],
  names: readonly string[] | undefined,
): Promise<void> {
  for (const client of clients) {
    if (names === undefined) await client.isQuiet();
    else expect(await client.told()).toEqual(names);
  }
}

describe('a client of endpoints that asks for other names as it goes', () => {
  it('is told of those that it asks for now, and no more of those that it left', async () => {
    const client = new Client('EDS', ['song', 'artist', 'image']);
    expect(await client.told()).toEqual(['artist', 'song']);
    mesh.publish({ ...BASE, song: MOVED.song });
    expect(await client.told()).toEqual(['song']);
    client.become(['song', 'artist']);
    await client.isQuiet();
    mesh.publish(MOVED);
    expect(await client.told()).toEqual(['artist']);
    client.become(['image']);
    await client.isQuiet();
    mesh.publish({ ...MOVED, image: IMAGE });
    expect(await client.told()).toEqual(['image']);
    mesh.publish({ ...BASE, image: IMAGE });
    await client.isQuiet();
  });
});

describe('clients of both dialects', () => {
  it('are told of the same change side by side; only the incremental one of a deletion', async () => {
    const full = new Client('EDS', ['artist', 'song']);
    await full.told();
    const delta = connectDelta();
    await delta.obtain('EDS', ['artist', 'song']);
    mesh.publish({ ...BASE, song: MOVED.song });
    expect(await full.told()).toEqual(['song']);
    expect(deltaNames(await delta.take('EDS'))).toEqual(['song']);
    mesh.publish({ song: MOVED.song });
    expect(removedOf(await delta.take('EDS'))).toEqual(['artist']);
    await full.isQuiet();
  });
});

describe('incremental clients', () => {
  it('of everything are answered at once when there is nothing, and are all told of the first resource', async () => {
    mesh.publish({});
    const probes = [connectDelta(), connectDelta()];
    for (const probe of probes) expect(deltaNames(await probe.obtain('CDS'))).toEqual([]);
    mesh.publish({ song: SONG });
    for (const probe of probes) expect(deltaNames(await probe.take('CDS'))).toEqual(['song']);
  });

  it('are sent what is there of what they ask for, and nothing else', async () => {
    const one = await connectDelta().obtain('EDS', ['song', 'image']);
    expect(deltaNames(one)).toEqual(['song']);
    // The protocol lets a server say at once that a name does not exist; that cache only waits.
    expect(removedOf(one)).toEqual(['image']);
    const both = await connectDelta().obtain('EDS', ['artist', 'song']);
    expect(deltaNames(both)).toEqual(['artist', 'song']);
    expect(versionsOf(both)['song']).toBe(versionsOf(one)['song']);
  });

  it('that asked before there was anything get all of it in one answer once it is there', async () => {
    mesh.publish({});
    const probe = connectDelta();
    expect(deltaNames(await probe.obtain('EDS', ['artist', 'song']))).toEqual([]);
    mesh.publish({ ...BASE, image: IMAGE });
    expect(deltaNames(await probe.take('EDS'))).toEqual(['artist', 'song']);
    await probe.expectQuiet();
  });

  it('get several changes, additions and removals of one publication in one answer', async () => {
    const named = connectDelta();
    await named.obtain('EDS', ['artist', 'song']);
    const all = connectDelta();
    await all.obtain('EDS', ['*']);
    mesh.publish(MOVED);
    for (const probe of [named, all])
      expect(deltaNames(await probe.take('EDS'))).toEqual(['artist', 'song']);
    mesh.publish({ song: SONG, image: IMAGE });
    const toNamed = await named.take('EDS');
    expect([deltaNames(toNamed), removedOf(toNamed)]).toEqual([['song'], ['artist']]);
    const toAll = await all.take('EDS');
    expect([deltaNames(toAll), removedOf(toAll)]).toEqual([['image', 'song'], ['artist']]);
    mesh.publish({ song: SONG, artist: ARTIST });
    expect(deltaNames(await named.take('EDS'))).toEqual(['artist']);
    const last = await all.take('EDS');
    expect([deltaNames(last), removedOf(last)]).toEqual([['artist'], ['image']]);
  });

  it('that end "*" are sent the names they keep when these have changed, and nothing else', async () => {
    const probe = connectDelta();
    await probe.obtain('EDS', ['*']);
    expect(deltaNames(await probe.obtain('EDS', ['song']))).toEqual(['song']);
    probe.unsubscribe('EDS', ['*']);
    await probe.expectQuiet();
    mesh.publish(MOVED);
    expect(deltaNames(await probe.take('EDS'))).toEqual(['song']);
    await probe.expectQuiet();
  });
});
