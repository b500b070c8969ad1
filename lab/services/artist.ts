import { type BuildService, toFailure } from './sample-service.ts';

/** Who sings. An artist's page shows a picture, so it asks for one. */
export const buildArtist: BuildService = ({ call, work }) => [
  {
    method: 'GET',
    path: '/artist/{id}',
    handle: async ({ id, query, context }) => {
      await work({ medianMs: 3, spread: 0.35 });
      const artist = { id, name: `Artist ${id}` };
      if (query.get('fields') === 'name') return { status: 200, body: artist };
      const image = await call('image', `/image/artist-${id}`, context);
      if (image.status >= 400) return toFailure('image', image);
      return { status: 200, body: { ...artist, image: image.body } };
    },
  },
];
