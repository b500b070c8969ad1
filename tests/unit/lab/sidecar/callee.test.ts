import { describe, expect, it } from 'vitest';
import { calleeOf, pathOf, withoutQuery } from '#lab/sidecar/callee.ts';

const host = (value: string) => ({ url: '/song/1', headers: { host: value } });

describe('calleeOf', () => {
  it('reads the Host header without port and zone', () => {
    expect(calleeOf(host('song'), 'lab')).toBe('song');
    expect(calleeOf(host('Song:8080'), 'lab')).toBe('song');
    expect(calleeOf(host('song.lab'), 'lab')).toBe('song');
  });

  it('prefers the authority of an absolute target', () => {
    const request = { url: 'http://artist/artist/1?x=1', headers: { host: 'song' } };
    expect(calleeOf(request, 'lab')).toBe('artist');
    expect(pathOf(request)).toBe('/artist/1?x=1');
  });

  it('refuses what is no service name', () => {
    expect(calleeOf(host('127.0.0.1:15001'), 'lab')).toBeUndefined();
    expect(calleeOf(host(''), 'lab')).toBeUndefined();
    expect(calleeOf({ url: 'http://:bad', headers: {} }, 'lab')).toBeUndefined();
  });
});

it('withoutQuery cuts at the question mark', () => {
  expect(withoutQuery('/song/1?fields=title')).toBe('/song/1');
  expect(withoutQuery('/song/1')).toBe('/song/1');
});
