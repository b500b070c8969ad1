import { type BuildService, callAll } from './sample-service.ts';

const SONGS_PER_LIST = 3;
const SONGS = 500;

/** A list of songs: it keeps their numbers and asks for their titles. */
export const buildPlaylist: BuildService = ({ call, work }) => [
  {
    method: 'GET',
    path: '/playlist/{id}',
    handle: async ({ id, context }) => {
      await work({ medianMs: 3, spread: 0.4 });
      const first = (Number.parseInt(id, 10) || 0) * SONGS_PER_LIST;
      const wanted = Array.from(
        { length: SONGS_PER_LIST },
        (_, n) => ['song', `/song/${((first + n) % SONGS) + 1}?fields=title`] as const,
      );
      const songs = await callAll(call, wanted, context);
      if ('failure' in songs) return songs.failure;
      return { status: 200, body: { id, songs } };
    },
  },
];
