import type { BuildService } from './sample-service.ts';

/** Where pictures lie. Calls nobody. */
export const buildImage: BuildService = ({ work }) => [
  {
    method: 'GET',
    path: '/image/{id}',
    handle: async ({ id }) => {
      await work({ medianMs: 2.5, spread: 0.4 });
      return { status: 200, body: { id, url: `/static/${id}.webp`, width: 640, height: 640 } };
    },
  },
];
