import { describe, expect, it } from 'vitest';
import {
  fieldOf,
  MessageError,
  parseRequestHead,
  parseResponseHead,
} from '#lab/sidecar/http1/message-head.ts';

function statusOf(parse: () => unknown): number | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    if (error instanceof MessageError) return error.statusCode;
    throw error;
  }
}

describe('a request head', () => {
  it('is read with its fields in order, names in lower case, lines as they came', () => {
    const head = parseRequestHead('GET /a?b=c HTTP/1.1\r\nHost: song\r\nX-One:  1 \r\nx-one: 2');
    expect(head).toMatchObject({ method: 'GET', target: '/a?b=c' });
    expect(head.names).toEqual(['host', 'x-one', 'x-one']);
    expect(head.lines).toEqual(['Host: song', 'X-One:  1 ', 'x-one: 2']);
    expect(fieldOf(head, 'x-one')).toBe('1, 2');
    expect(fieldOf(head, 'x-two')).toBeUndefined();
  });

  it.each([
    ['no target', 'GET HTTP/1.1\r\nHost: song', 400],
    ['a space in the target', 'GET /a b HTTP/1.1\r\nHost: song', 400],
    ['two spaces', 'GET  / HTTP/1.1\r\nHost: song', 400],
    ['HTTP/1.0', 'GET / HTTP/1.0\r\nHost: song', 426],
    ['HTTP/3.0', 'GET / HTTP/3.0\r\nHost: song', 505],
    ['no Host', 'GET / HTTP/1.1\r\nX: 1', 400],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b', 400],
    ['a folded line', 'GET / HTTP/1.1\r\nHost: song\r\nX: 1\r\n 2', 400],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost: song\r\nContent-Length : 5', 400],
    ['a line without a colon', 'GET / HTTP/1.1\r\nHost: song\r\nnonsense', 400],
    ['an empty name', 'GET / HTTP/1.1\r\nHost: song\r\n: 1', 400],
    ['a bare LF', 'GET / HTTP/1.1\r\nHost: song\nX: 1', 400],
    ['a bare CR', 'GET / HTTP/1.1\r\nHost: song\rX: 1', 400],
    ['a NUL', 'GET / HTTP/1.1\r\nHost: so\0ng', 400],
  ])('with %s is refused', (_what, text, status) => {
    expect(statusOf(() => parseRequestHead(text))).toBe(status);
  });
});

describe('a response head', () => {
  it.each([
    ['HTTP/1.1 200 OK\r\nA: b', 200, 'OK', 1],
    ['HTTP/1.1 404 Not Found', 404, 'Not Found', 1],
    ['HTTP/1.0 500 ', 500, '', 0],
    ['HTTP/1.1 204', 204, '', 1],
  ])('%j is read', (text, statusCode, reason, minorVersion) => {
    expect(parseResponseHead(text)).toMatchObject({ statusCode, reason, minorVersion });
  });

  it.each(['HTTP/2 200 OK', 'HTTP/1.1 20 OK', 'nonsense', 'HTTP/1.1 999 OK'])(
    '%j is refused',
    (text) => {
      expect(statusOf(() => parseResponseHead(text))).toBe(502);
    },
  );
});
