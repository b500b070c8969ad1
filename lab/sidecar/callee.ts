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
