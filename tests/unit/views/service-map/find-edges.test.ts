import { describe, expect, it } from 'vitest';
import { mapFixture } from '#tests/support/live-fixture.ts';
import { completeFind, findEdges } from '#views/service-map/find-edges.ts';

const map = mapFixture('midst');

function found(text: string): readonly string[] {
  const find = findEdges(text, map);
  if (find.kind !== 'some') throw new Error(`${text}: ${find.kind}`);
  return [...find.edges].sort();
}

describe('findEdges', () => {
  it('keeps everything when nothing is asked', () => {
    expect(findEdges('  ', map)).toEqual({ kind: 'all' });
    expect(findEdges('and', map)).toEqual({ kind: 'all' });
  });

  it('finds edges by how the callee was found', () => {
    expect(found('mode:none')).toEqual(['gateway->login', 'song->artist']);
    expect(found('mode:xds-cached')).toEqual(['artist->image']);
  });

  it('wants all clauses beside each other and any of those around "or"', () => {
    expect(found('mode:dns errors>1%')).toEqual(['playlist->song', 'song->artist']);
    expect(found('to:login or from:song')).toEqual(['gateway->login', 'song->artist']);
  });

  it('turns a clause round with a minus', () => {
    expect(found('from:gateway -health:ok')).toEqual(['gateway->login']);
  });

  it('compares rates, errors and latencies in their units', () => {
    expect(found('rate>=144')).toEqual(['@users->gateway', 'playlist->song']);
    expect(found('p99>0.05s -changed')).toEqual(['@users->gateway', 'artist->api.lyrics.example']);
  });

  it('takes a bare word as part of a name', () => {
    expect(found('lyr')).toEqual(['artist->api.lyrics.example']);
  });

  it('says what is wrong with a clause that it does not know', () => {
    expect(findEdges('mode:pigeon', map)).toMatchObject({ kind: 'wrong', clause: 'mode:pigeon' });
    expect(findEdges('size>3', map)).toMatchObject({ kind: 'wrong', clause: 'size>3' });
    expect(findEdges('errors>much', map)).toMatchObject({ kind: 'wrong', clause: 'errors>much' });
  });
});

describe('completeFind', () => {
  it('offers values of the key that is being typed, and keeps what stands before', () => {
    expect(completeFind('changed from:ga', map)).toEqual(['changed from:gateway']);
    expect(completeFind('-health:b', map)).toEqual(['-health:bad']);
  });

  it('offers nothing for what is complete', () => {
    expect(completeFind('from:gateway', map)).toEqual([]);
  });
});
