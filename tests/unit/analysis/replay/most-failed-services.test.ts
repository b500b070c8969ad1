import { describe, expect, it } from 'vitest';
import { mostFailedServices } from '#analysis/replay/most-failed-services.ts';

const edge = (server: string) => ({
  client: 'web',
  server,
  serverKind: 'service' as const,
  mode: 'xds-live' as const,
});
const timeline = {
  frames: 3,
  edges: [edge('cart'), edge('stock'), edge('stock'), edge('mail')],
  errors: [0, 4, 0, 1, 1, 0, 0, 0, 3, 0, 0, 0],
};

describe('mostFailedServices', () => {
  it('adds up all seconds and all ways to a service, and takes the worst', () => {
    expect([...mostFailedServices(timeline, 5)]).toEqual(['stock', 'cart']);
    expect([...mostFailedServices(timeline, 1)]).toEqual(['stock']);
  });

  it('names nobody where nothing failed', () => {
    expect(mostFailedServices({ ...timeline, errors: [] }, 5).size).toBe(0);
  });
});
