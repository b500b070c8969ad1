import { describe, expect, it } from 'vitest';
import { detectNewShift } from '#analysis/routing/detect-routing-shift.ts';
import { findShifts, toMeshRouting, turningEdges } from '#processes/analyzer/find-shifts.ts';
import { edgeSeconds } from '#tests/support/calls.ts';

const closed = toMeshRouting([
  ...edgeSeconds(0, 60, 'gateway -> song', 5),
  ...edgeSeconds(0, 60, 'gateway -> artist', 5),
  ...edgeSeconds(0, 60, 'gateway -> login', 5, { mode: 'dns' }),
]);
const turning = (...open: Parameters<typeof toMeshRouting>[0]) =>
  turningEdges(closed, toMeshRouting(open));

describe('turningEdges', () => {
  it('leaves out the edges that go on as they did', () => {
    const open = [
      ...edgeSeconds(60, 62, 'gateway -> song', 5),
      ...edgeSeconds(60, 62, 'gateway -> login', 5, { mode: 'dns' }),
    ];
    expect([...turning(...open)]).toEqual([]);
  });

  it('holds one that turns, its closed seconds with the open ones, and is where the shift is found', () => {
    const open = edgeSeconds(60, 61, 'gateway -> artist', 5, { mode: 'dns' });
    const edges = turning(...open, ...edgeSeconds(60, 61, 'gateway -> song', 5));
    expect([...edges.keys()]).toEqual(['gateway->artist']);
    expect(edges.get('gateway->artist')?.seconds).toHaveLength(61);
    const [shift] = findShifts(detectNewShift, edges, [], 61_500);
    expect(shift).toMatchObject({ client: 'gateway', server: 'artist', direction: 'to-dns' });
  });

  it('goes on holding one that turned in the second that has just closed', () => {
    const before = toMeshRouting([
      ...edgeSeconds(0, 60, 'gateway -> song', 5),
      ...edgeSeconds(60, 61, 'gateway -> song', 1, { mode: 'dns' }),
    ]);
    const open = toMeshRouting(edgeSeconds(61, 62, 'gateway -> song', 5, { mode: 'dns' }));
    expect([...turningEdges(before, open).keys()]).toEqual(['gateway->song']);
  });

  it('holds an edge that was never seen only when it goes both ways', () => {
    expect([...turning(...edgeSeconds(60, 61, 'song -> image', 5))]).toEqual([]);
  });
});
