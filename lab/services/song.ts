import { type BuildService, callAll } from './sample-service.ts';

const ARTISTS = 40;

/** A song's page needs its artist's name and its cover. A title alone, as playlists want it, needs nobody. */
export const buildSong: BuildService = ({ call, work }) => [
  {
    method: 'GET',
    path: '/song/{id}',
    handle: async ({ id, query, context }) => {
      await work({ medianMs: 4, spread: 0.4 });
      const song = { id, title: `Song ${id}` };
      if (query.get('fields') === 'title') return { status: 200, body: song };
      const found = await callAll(
        call,
        [
          ['artist', `/artist/${Number.parseInt(id, 10) % ARTISTS || 1}?fields=name`],
          ['image', `/image/song-${id}`],
        ],
        context,
      );
      if ('failure' in found) return found.failure;
      const [artist, image] = found;
      return { status: 200, body: { ...song, artist, image } };
    },
  },
];
