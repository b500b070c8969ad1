import type { Framing } from './body-framing.ts';
import { type Fields, fieldOf, type RequestHead, type ResponseHead } from './message-head.ts';

/** RFC 9110 §7.6.1: meant for one connection, never passed on. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
];
const NOT_OF_RESPONSE = new Set(HOP_BY_HOP);
/** Said anew by the proxy. */
const NOT_OF_REQUEST = new Set([
  ...HOP_BY_HOP,
  'expect',
  'host',
  'content-length',
  'traceparent',
  'tracestate',
  'baggage',
]);
const CHUNKED = 'transfer-encoding: chunked\r\n';

/** The head of a request as it goes on; `traceLines` = the fields that carry the trace context, each with its CRLF. */
export function forwardedRequest(
  head: RequestHead,
  path: string,
  authority: string,
  framing: Framing,
  traceLines: string,
): string {
  let text = `${head.method} ${path} HTTP/1.1\r\nhost: ${authority}\r\n${linesOf(head, NOT_OF_REQUEST)}${traceLines}`;
  if (framing.kind === 'chunked') text += CHUNKED;
  else if (framing.kind === 'length') text += `content-length: ${framing.bytes}\r\n`;
  else if (head.names.includes('content-length')) text += 'content-length: 0\r\n';
  return `${text}\r\n`;
}

/** The field lines of a response as they go on to the caller, each with its CRLF. */
export function forwardedResponseLines(head: ResponseHead, framing: Framing): string {
  const lines = linesOf(head, NOT_OF_RESPONSE);
  // What ends with the connection there must end without it here.
  return framing.kind === 'chunked' || framing.kind === 'until-close' ? lines + CHUNKED : lines;
}

function linesOf(fields: Fields, dropped: ReadonlySet<string>): string {
  const { names, lines } = fields;
  const named = connectionOptions(fields);
  let text = '';
  for (let i = 0; i < names.length; i++) {
    const name = names[i] ?? '';
    if (dropped.has(name) || named?.has(name)) continue;
    text += `${lines[i]}\r\n`;
  }
  return text;
}

/** Fields that the sender's Connection field keeps to this connection. */
function connectionOptions(fields: Fields): ReadonlySet<string> | undefined {
  const value = fieldOf(fields, 'connection');
  if (value === undefined) return undefined;
  const names = value.split(',').map((name) => name.trim().toLowerCase());
  // Nobody may talk a proxy out of these (RFC 9110 §7.6.1): the message would be read differently behind it.
  return new Set(names.filter((name) => name !== 'content-length' && name !== 'host'));
}
