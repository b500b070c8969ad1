import type { IncomingMessage } from 'node:http';

const SERVICE_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The service that a request is for: the authority of an absolute-form target, else `Host` (RFC 9112 §3.2.2), without
 * port and zone. undefined when it is no service name.
 */
export function calleeOf(
  request: Pick<IncomingMessage, 'url' | 'headers'>,
  zone: string,
): string | undefined {
  const authority = absoluteTarget(request)?.host ?? request.headers.host ?? '';
  const host = authority.replace(/:\d+$/, '').toLowerCase();
  const name = host.endsWith(`.${zone}`) ? host.slice(0, -zone.length - 1) : host;
  return SERVICE_NAME.test(name) ? name : undefined;
}

/** Path and query, whichever form the target has. */
export function pathOf(request: Pick<IncomingMessage, 'url'>): string {
  const absolute = absoluteTarget(request);
  return absolute ? `${absolute.pathname}${absolute.search}` : (request.url ?? '/');
}

export function withoutQuery(path: string): string {
  const query = path.indexOf('?');
  return query < 0 ? path : path.slice(0, query);
}

function absoluteTarget({ url }: Pick<IncomingMessage, 'url'>): URL | undefined {
  if (url === undefined || !/^http:\/\//i.test(url)) return undefined;
  return URL.canParse(url) ? new URL(url) : undefined;
}
