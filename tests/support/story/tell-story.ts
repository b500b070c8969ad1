import { seededRandom } from '#tests/support/seeded-random.ts';

/**
 * Stories with known truth, for tests and for people who build screens: what each caller's routing and each xDS client's
 * configuration are, second by second. `say-as-otlp.ts` turns them into telemetry. Never part of the product.
 */
export type StoryName = 'march-8' | 'control-plane-crash' | 'quiet';

/** How a caller finds its callees. */
export type Way = 'live' | 'cached' | 'none' | 'refused' | 'dns';

export interface StoryClient {
  readonly id: string;
  readonly service: string;
  readonly kind: 'sidecar' | 'grpc';
  readonly needs: readonly string[];
}

export interface ClientFacts {
  readonly connected: boolean;
  readonly version: number;
  readonly missing: readonly string[];
  /** Second of the story in which the content last changed. */
  readonly changedAt: number;
}

interface Release {
  readonly at: number;
  readonly version: number;
  readonly name: string;
  readonly names: readonly string[];
  readonly removed: number;
}

export interface Story {
  readonly name: StoryName;
  readonly seconds: number;
  readonly releases: readonly Release[];
  readonly wayOf: (caller: string, callee: string, second: number) => Way;
  readonly clientAt: (client: StoryClient, second: number) => ClientFacts;
  readonly controlPlaneUp: (second: number) => boolean;
  readonly truth: StoryTruth;
}

/** In seconds of the story. */
interface StoryTruth {
  readonly start?: number;
  readonly mitigated?: number;
  readonly end?: number;
  /** When a service went to DNS, in order, and back. */
  readonly toDns: readonly (readonly [service: string, second: number])[];
  readonly toMesh: readonly (readonly [service: string, second: number])[];
}

const NAMES = ['login', 'playlist', 'song', 'artist', 'image'] as const;

export const CLIENTS: readonly StoryClient[] = [
  { id: 'gateway-1', service: 'gateway', kind: 'sidecar', needs: ['playlist', 'song', 'artist'] },
  { id: 'gateway-1-grpc', service: 'gateway', kind: 'grpc', needs: ['login'] },
  { id: 'playlist-1', service: 'playlist', kind: 'sidecar', needs: ['song'] },
  { id: 'song-1', service: 'song', kind: 'sidecar', needs: ['artist'] },
  { id: 'song-2', service: 'song', kind: 'sidecar', needs: ['artist'] },
  { id: 'artist-1', service: 'artist', kind: 'sidecar', needs: ['image'] },
  { id: 'artist-2', service: 'artist', kind: 'sidecar', needs: ['image'] },
];

export function tellStory(name: StoryName): Story {
  if (name === 'quiet') return quiet();
  return name === 'march-8' ? march8() : controlPlaneCrash();
}

/** The tree of one request: who calls whom. */
export interface Visit {
  readonly service: string;
  readonly route: string;
  readonly calls: readonly Visit[];
}

/** Chosen at random: song pages, playlists, artist pages, log-ins. */
export function rollVisit(random: () => number): Visit {
  const artist: Visit = {
    service: 'artist',
    route: '/artists/{id}',
    calls: [leaf('image', '/images/{id}')],
  };
  const song: Visit = { service: 'song', route: '/songs/{id}', calls: [artist] };
  const roll = random();
  if (roll < 0.45) return { service: 'gateway', route: '/song', calls: [song] };
  if (roll < 0.7) {
    const playlist: Visit = { service: 'playlist', route: '/playlists/{id}', calls: [song, song] };
    return { service: 'gateway', route: '/playlist', calls: [playlist] };
  }
  if (roll < 0.85) return { service: 'gateway', route: '/artist', calls: [artist] };
  return { service: 'gateway', route: '/login', calls: [leaf('login', 'detour.lab.Login/LogIn')] };
}

export function randomOf(seed: number): () => number {
  return seededRandom(seed);
}

function leaf(service: string, route: string): Visit {
  return { service, route, calls: [] };
}

function quiet(): Story {
  return {
    name: 'quiet',
    seconds: 120,
    releases: [{ at: 0, version: 41, name: 'r41', names: NAMES, removed: 0 }],
    wayOf: () => 'live',
    clientAt: () => ({ connected: true, version: 41, missing: [], changedAt: 0 }),
    controlPlaneUp: () => true,
    truth: { toDns: [], toMesh: [] },
  };
}

/**
 *   0      40        72   90   110   130        170       190 …    210     250
 *   calm   r42: lost gw   song plist gw→login   rollback  back …   end
 */
function march8(): Story {
  const lost = ['login', 'playlist', 'song', 'artist'];
  const toDns = { gateway: 72, song: 90, playlist: 110, login: 130 };
  const toMesh = { gateway: 190, song: 196, playlist: 202 };
  const [fault, rollback] = [40, 170];
  const moved = (key: keyof typeof toDns, second: number): boolean =>
    second >= toDns[key] && !(key in toMesh && second >= toMesh[key as keyof typeof toMesh]);
  return {
    name: 'march-8',
    seconds: 250,
    releases: [
      { at: 0, version: 41, name: 'r41', names: NAMES, removed: 0 },
      { at: fault, version: 42, name: 'r42', names: ['image'], removed: 16 },
      { at: rollback, version: 43, name: 'r41', names: NAMES, removed: 0 },
    ],
    wayOf: (caller, callee, second) => {
      if (callee === 'image' || second < fault) return 'live';
      const key = callee === 'login' ? 'login' : (caller as keyof typeof toDns);
      if (moved(key, second)) return 'dns';
      return second < rollback ? 'none' : 'live';
    },
    clientAt: (client, second) => {
      if (second < fault) return { connected: true, version: 41, missing: [], changedAt: 0 };
      const missing = client.needs.filter((name) => lost.includes(name));
      if (second < rollback) return { connected: true, version: 42, missing, changedAt: fault };
      // The gRPC client acknowledges the restored names and does not take them up.
      const stuck = client.kind === 'grpc';
      const changedAt = stuck ? fault : rollback;
      return { connected: true, version: 43, missing: stuck ? missing : [], changedAt };
    },
    controlPlaneUp: () => true,
    truth: {
      start: fault,
      mitigated: toDns.login,
      end: toMesh.playlist,
      toDns: [
        ['gateway', toDns.gateway],
        ['song', toDns.song],
        ['playlist', toDns.playlist],
      ],
      toMesh: [
        ['gateway', toMesh.gateway],
        ['song', toMesh.song],
        ['playlist', toMesh.playlist],
      ],
    },
  };
}

/**
 *   0      40         60           80    95          120     135   145
 *   calm   kill -9    song moves   gw    playlist    back    gw    playlist
 */
function controlPlaneCrash(): Story {
  const [killed, songMoves, back] = [40, 60, 120];
  const toDns: Record<string, number> = { gateway: 80, playlist: 95 };
  const toMesh: Record<string, number> = { gateway: 135, playlist: 145 };
  const up = (second: number): boolean => second < killed || second >= back;
  return {
    name: 'control-plane-crash',
    seconds: 200,
    releases: [{ at: 0, version: 41, name: 'r41', names: NAMES, removed: 0 }],
    wayOf: (caller, callee, second) => {
      const from = toDns[caller];
      const until = toMesh[caller];
      const isMoved = from !== undefined && until !== undefined && second >= from && second < until;
      if (isMoved && callee !== 'login') return 'dns';
      if (up(second)) return 'live';
      return callee === 'song' && second >= songMoves ? 'refused' : 'cached';
    },
    clientAt: (_, second) => ({ connected: up(second), version: 41, missing: [], changedAt: 0 }),
    controlPlaneUp: up,
    truth: {
      start: killed,
      mitigated: 95,
      end: 145,
      toDns: [
        ['gateway', 80],
        ['playlist', 95],
      ],
      toMesh: [
        ['gateway', 135],
        ['playlist', 145],
      ],
    },
  };
}
