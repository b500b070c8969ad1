/** A head larger than this is refused; Node's own limit (`--max-http-header-size`). */
export const HEAD_LIMIT_BYTES = 16 * 1024;

/** Why a message cannot be taken, and the status code that says so. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
  readonly statusCode: number;
  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** Field lines in their order; the same index is the same line. */
export interface Fields {
  /** Lower-case. */
  readonly names: readonly string[];
  readonly values: readonly string[];
  /** As they came, without CRLF. */
  readonly lines: readonly string[];
}

export interface RequestHead extends Fields {
  readonly method: string;
  readonly target: string;
}

export interface ResponseHead extends Fields {
  readonly statusCode: number;
  readonly reason: string;
  /** 1.0 closes its connection after the answer unless it says otherwise. */
  readonly minorVersion: number;
}

const CRLF = '\r\n';
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d)\.(\d)$/;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
/** CR and LF but as a pair, and the other control characters (RFC 9110 §5.5, RFC 9112 §2.2). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;

/**
 * `text` is a whole head, decoded as latin1, without the empty line that ends it. Throws a MessageError for everything
 * that two readers could understand differently: that is what request smuggling lives on (RFC 9112 §11.2).
 */
export function parseRequestHead(text: string): RequestHead {
  const lineEnd = endOfLine(text, 0);
  const [, method, target, major, minor] = REQUEST_LINE.exec(text.slice(0, lineEnd)) ?? [];
  if (method === undefined || target === undefined) {
    throw new MessageError(400, 'the request line is malformed');
  }
  if (major !== '1') throw new MessageError(505, 'this port speaks HTTP/1.1');
  // As Envoy answers unless `accept_http_10` is set.
  if (minor === '0') throw new MessageError(426, 'HTTP/1.0 is not spoken here: use HTTP/1.1');
  const { names, values, lines } = parseFields(text, lineEnd);
  const head = { method, target, names, values, lines };
  if (count(head, 'host') !== 1) throw new MessageError(400, 'a request has one Host field');
  return head;
}

export function parseResponseHead(text: string): ResponseHead {
  const lineEnd = endOfLine(text, 0);
  const { statusCode, reason, minorVersion } = statusOf(text.slice(0, lineEnd));
  const { names, values, lines } = parseFields(text, lineEnd);
  return { statusCode, reason, minorVersion, names, values, lines };
}

/** The value of a field that may stand once; several are joined as a list (RFC 9110 §5.3); undefined when absent. */
export function fieldOf({ names, values }: Fields, name: string): string | undefined {
  const first = names.indexOf(name);
  if (first < 0) return undefined;
  if (names.indexOf(name, first + 1) < 0) return values[first];
  return values.filter((_, index) => names[index] === name).join(', ');
}

function count({ names }: Fields, name: string): number {
  let found = 0;
  for (const candidate of names) if (candidate === name) found += 1;
  return found;
}

function parseFields(text: string, from: number): Fields {
  if (FORBIDDEN.test(text)) throw new MessageError(400, 'a head holds control characters');
  const names: string[] = [];
  const values: string[] = [];
  const lines: string[] = [];
  for (let start = from + CRLF.length; start < text.length; ) {
    const end = endOfLine(text, start);
    const line = text.slice(start, end);
    const colon = line.indexOf(':');
    names.push(nameOf(line.slice(0, Math.max(colon, 0))));
    values.push(line.slice(colon + 1).trim());
    lines.push(line);
    start = end + CRLF.length;
  }
  return { names, values, lines };
}

/** There are a few field names and status lines, spelt in a few ways: what they say is found out once. */
const KEPT_LINES = 500;
const knownNames = new Map<string, string>();
const knownStatus = new Map<string, Status>();

type Status = Pick<ResponseHead, 'statusCode' | 'reason' | 'minorVersion'>;

function nameOf(spelt: string): string {
  const known = knownNames.get(spelt);
  if (known !== undefined) return known;
  // A line that begins with a space continues the one before (obs-fold, RFC 9112 §5.2): no token either.
  if (!TOKEN.test(spelt)) throw new MessageError(400, 'a field line is malformed');
  const own = detached(spelt);
  return keep(knownNames, own, own.toLowerCase());
}

function statusOf(line: string): Status {
  const known = knownStatus.get(line);
  if (known) return known;
  const own = detached(line);
  const [, minor, code, reason] = STATUS_LINE.exec(own) ?? [];
  if (code === undefined) throw new MessageError(502, 'the status line is malformed');
  const status = { statusCode: Number(code), reason: reason ?? '', minorVersion: Number(minor) };
  return keep(knownStatus, own, status);
}

function keep<T>(known: Map<string, T>, line: string, said: T): T {
  if (known.size >= KEPT_LINES) known.clear();
  known.set(line, said);
  return said;
}

/** A copy of latin1 text that is to be kept: a piece of a head would keep the whole head with it. */
export function detached(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf(CRLF, from);
  return end < 0 ? text.length : end;
}
