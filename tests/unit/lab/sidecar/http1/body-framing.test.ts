import { describe, expect, it } from 'vitest';
import {
  BodyReader,
  framingOfRequest,
  framingOfResponse,
} from '#lab/sidecar/http1/body-framing.ts';
import { parseRequestHead, parseResponseHead } from '#lab/sidecar/http1/message-head.ts';

const request = (...lines: readonly string[]) =>
  framingOfRequest(parseRequestHead(['POST / HTTP/1.1', 'Host: song', ...lines].join('\r\n')));
const response = (status: number, method: string, ...lines: readonly string[]) => {
  const head = parseResponseHead([`HTTP/1.1 ${status} x`, ...lines].join('\r\n'));
  return framingOfResponse(head, status, method);
};

describe("a request's body", () => {
  it('is as long as it says, ends with its last chunk, or is not there', () => {
    expect(request('Content-Length: 12')).toEqual({ kind: 'length', bytes: 12 });
    expect(request('Content-Length: 0')).toEqual({ kind: 'none' });
    expect(request('Transfer-Encoding: Chunked')).toEqual({ kind: 'chunked' });
    expect(request()).toEqual({ kind: 'none' });
  });

  it.each([
    ['length and coding', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['coding and length', ['Transfer-Encoding: chunked', 'Content-Length: 0']],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6']],
    ['a list of lengths', ['Content-Length: 5, 5']],
    ['a signed length', ['Content-Length: +5']],
    ['a length in hex', ['Content-Length: 0x5']],
    ['an empty length', ['Content-Length:']],
    ['a length beyond counting', ['Content-Length: 9999999999999999999']],
    ['an unknown coding', ['Transfer-Encoding: gzip']],
    ['chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['chunked in disguise', ['Transfer-Encoding: "chunked"']],
    ['chunked not last', ['Transfer-Encoding: chunked, identity']],
  ])('is refused with %s', (_what, lines) => {
    expect(() => request(...lines)).toThrow(/Content-Length|transfer coding/);
  });
});

describe("a response's body", () => {
  it('follows the method and the status before it follows the fields', () => {
    expect(response(200, 'HEAD', 'Content-Length: 5')).toEqual({ kind: 'none' });
    expect(response(304, 'GET', 'Content-Length: 5')).toEqual({ kind: 'none' });
    expect(response(204, 'GET')).toEqual({ kind: 'none' });
    expect(response(200, 'GET')).toEqual({ kind: 'until-close' });
    expect(response(200, 'GET', 'Transfer-Encoding: chunked')).toEqual({ kind: 'chunked' });
  });

  it('is refused when two readers could differ about it', () => {
    const lines = ['Content-Length: 5', 'Transfer-Encoding: chunked'];
    expect(() => response(200, 'GET', ...lines)).toThrow('both');
  });
});

/** How many bytes belong to the body when `text` comes in pieces of `size`; undefined when its end did not come. */
function bodyLength(text: string, size: number): number | undefined {
  const reader = new BodyReader({ kind: 'chunked' });
  const bytes = Buffer.from(text, 'latin1');
  let taken = 0;
  for (let at = 0; at < bytes.length && !reader.isDone; at += size) {
    taken += reader.take(bytes.subarray(at, at + size), 0);
  }
  return reader.isDone ? taken : undefined;
}

describe('a chunked body', () => {
  const WHOLE = 'a;name=value\r\n0123456789\r\n1\r\nx\r\n0\r\nChecksum: 7\r\n\r\n';

  it.each([1, 2, 3, 7, 1000])('ends after its trailers, read %i bytes at a time', (size) => {
    expect(bodyLength(`${WHOLE}GET / HTTP/1.1\r\n`, size)).toBe(WHOLE.length);
  });

  it('that stops short has no end', () => {
    for (let length = 0; length < WHOLE.length; length++) {
      expect(bodyLength(WHOLE.slice(0, length), 4)).toBeUndefined();
    }
  });

  it.each([
    ['no size', '\r\nabc'],
    ['a size that is no hex number', 'x\r\n'],
    ['a negative size', '-1\r\n'],
    ['a size in 0x form', '0x5\r\nabcde\r\n'],
    ['a space after the size', '5 \r\nabcde\r\n'],
    ['a bare LF after the size', '5\nabcde\r\n'],
    ['a bare CR in the extension', '5;a\rb\r\nabcde\r\n'],
    ['data longer than its size', '5\r\nabcdef\r\n'],
    ['data without CRLF', '5\r\nabcde0\r\n\r\n'],
    ['a size of too many digits', `${'0'.repeat(13)}1\r\n`],
    ['an endless extension', `5;${'x'.repeat(5000)}`],
    ['endless trailers', `0\r\n${'A: b\r\n'.repeat(5000)}`],
  ])('with %s is refused', (_what, text) => {
    expect(() => bodyLength(text, 1000)).toThrow();
    expect(() => bodyLength(text, 1)).toThrow();
  });
});
