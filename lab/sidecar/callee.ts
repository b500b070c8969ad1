import { detached } from './http1/message-head.ts';

const SERVICE_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The service that a request is for: the authority of an absolute-form target, else `Host` (RFC 9112 §3.2.2), without
 * port and zone. undefined when it is no service name.
 */
export function calleeOf(target: string, host: string, zone: string): string | undefined {
  const authority = absoluteTarget(target)?.host ?? host;
  const name = authority.replace(/:\d+$/, '').toLowerCase();
  const short = name.endsWith(`.${zone}`) ? name.slice(0, -zone.length - 1) : name;
  return SERVICE_NAME.test(short) ? short : undefined;
}

/** Of an application that names more than this by mistake or malice none is kept. */
const KEPT_HOSTS = 1000;

/** `calleeOf` for requests of one zone. Nearly all name one of a few hosts, as they named it before. */
export function calleeFinder(zone: string): (target: string, host: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (target, host) => {
    if (!target.startsWith('/')) return calleeOf(target, host, zone);
    const found = known.get(host);
    if (found !== undefined || known.has(host)) return found;
    const own = detached(host);
    const callee = calleeOf(target, own, zone);
    if (known.size >= KEPT_HOSTS) known.clear();
    known.set(own, callee);
    return callee;
  };
}

/** Path and query, whichever form the target has. */
export function pathOf(target: string): string {
  const absolute = absoluteTarget(target);
  return absolute ? `${absolute.pathname}${absolute.search}` : target;
}

export function withoutQuery(path: string): string {
  const query = path.indexOf('?');
  return query < 0 ? path : path.slice(0, query);
}

function absoluteTarget(target: string): URL | undefined {
  if (target.startsWith('/') || !/^http:\/\//i.test(target)) return undefined;
  return URL.canParse(target) ? new URL(target) : undefined;
}
