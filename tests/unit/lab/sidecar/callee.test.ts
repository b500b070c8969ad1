import { describe, expect, it } from 'vitest';
import { calleeOf, pathOf, withoutQuery } from '#lab/sidecar/callee.ts';

describe('calleeOf', () => {
  it('reads the Host header without port and zone', () => {
    expect(calleeOf('/song/1', 'song', 'lab')).toBe('song');
    expect(calleeOf('/song/1', 'Song:8080', 'lab')).toBe('song');
    expect(calleeOf('/song/1', 'song.lab', 'lab')).toBe('song');
  });

  it('prefers the authority of an absolute target', () => {
    const target = 'http://artist/artist/1?x=1';
    expect(calleeOf(target, 'song', 'lab')).toBe('artist');
    expect(pathOf(target)).toBe('/artist/1?x=1');
  });

  it('refuses what is no service name', () => {
    expect(calleeOf('/', '127.0.0.1:15001', 'lab')).toBeUndefined();
    expect(calleeOf('/', '', 'lab')).toBeUndefined();
    expect(calleeOf('http://:bad', '', 'lab')).toBeUndefined();
  });
});

it('withoutQuery cuts at the question mark', () => {
  expect(withoutQuery('/song/1?fields=title')).toBe('/song/1');
  expect(withoutQuery('/song/1')).toBe('/song/1');
});
