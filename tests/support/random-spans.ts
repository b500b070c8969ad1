import type { TestSpan } from './otlp/json-export.ts';

const SERVICES = ['gateway', 'login', 'playlist', 'song', 'artist'];
const NAMES = ['GET /', 'GET /song', 'POST /login', 'lookup', 'render'];
const SOURCES = ['stream', 'cache', 'resolver'];
const ERRORS = ['no_mapping', 'connect_refused', 'deadline'];

type Roll = () => number;

function pick<T>(roll: Roll, values: readonly T[]): T {
  return values[Math.floor(roll() * values.length)] as T;
}

function hex(roll: Roll, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(roll() * 16).toString(16)).join('');
}

/** Traces of a small mesh within `lengthNs` of `from`: what a search and a roll-up have to get right. */
export function randomMeshSpans(
  roll: Roll,
  options: { readonly traces: number; readonly from: bigint; readonly lengthNs: number },
): readonly TestSpan[] {
  return Array.from({ length: options.traces }, () => {
    const start = options.from + BigInt(Math.floor(roll() * options.lengthNs));
    return randomTrace(roll, start);
  }).flat();
}

function randomTrace(roll: Roll, traceStart: bigint): readonly TestSpan[] {
  const traceId = hex(roll, 32);
  const spans: TestSpan[] = [];
  const count = 1 + Math.floor(roll() * 8);
  for (let i = 0; i < count; i++) {
    const parent = i === 0 ? undefined : spans[Math.floor(roll() * i)];
    const start = traceStart + BigInt(Math.floor(roll() * 5e7));
    const service = pick(roll, SERVICES);
    const instance = `${service}-${1 + Math.floor(roll() * 2)}`;
    spans.push({
      service,
      instance,
      ...(roll() < 0.3 && { resource: { 'mesh.proxy': 'sidecar' } }),
      traceId,
      spanId: hex(roll, 16),
      ...(parent && { parentSpanId: parent.spanId }),
      name: pick(roll, NAMES),
      kind: Math.floor(roll() * 6),
      start,
      end: start + BigInt(Math.floor(10 ** (3 + roll() * 6))),
      status: roll() < 0.1 ? 2 : Math.floor(roll() * 2),
      attributes: randomAttributes(roll),
    });
  }
  return spans;
}

function randomAttributes(roll: Roll): Readonly<Record<string, unknown>> {
  return {
    'user.id': `user-${Math.floor(roll() * 200)}`,
    'http.response.status_code': BigInt(pick(roll, [200, 404, 503])),
    'cache.hit': roll() < 0.5,
    'cpu.share': Math.floor(roll() * 4) / 4,
    ...(roll() < 0.6 && { 'service.peer.name': pick(roll, SERVICES) }),
    ...(roll() < 0.2 && { 'db.system.name': 'postgresql' }),
    ...(roll() < 0.2 && { 'server.address': `10.0.0.${Math.floor(roll() * 4)}` }),
    ...(roll() < 0.5 && {
      'mesh.routing.mode': pick(roll, ['xds', 'dns', 'static', 'direct']),
      'mesh.routing.source': pick(roll, SOURCES),
    }),
    ...(roll() < 0.1 && { 'error.type': pick(roll, ERRORS) }),
  };
}
