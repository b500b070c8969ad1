import { Resolver } from 'node:dns/promises';
import { performance } from 'node:perf_hooks';
import { type Histogram, metrics, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  ATTR_DNS_QUESTION_NAME,
  ATTR_ERROR_TYPE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '#telemetry/attributes.ts';
import { METRIC_DNS_LOOKUP_DURATION } from '#telemetry/metric-names.ts';
import type { LookUp, Lookup } from './dns-resolver.ts';
import type { DnsErrorType } from './error-type.ts';

const QUERY_TIMEOUT_MS = 500;
const QUERY_TRIES = 2;
const ERROR_TYPES: ReadonlyMap<string, DnsErrorType> = new Map([
  ['ENOTFOUND', 'dns_nxdomain'],
  ['ENODATA', 'empty_endpoints'],
  ['ETIMEOUT', 'dns_timeout'],
  ['ECONNREFUSED', 'dns_timeout'],
]);

/**
 * A lookup of A records at one name server, seen as a span `dns.lookup` under the context it is given and as
 * `dns.lookup.duration` (OpenTelemetry semantic conventions, dns-metrics.md).
 */
export function createNameLookup(server: string): LookUp {
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES });
  resolver.setServers([server]);
  const [address = '', port = '53'] = server.split(':');
  const tracer = trace.getTracer('detour-sidecar');
  const duration = metrics
    .getMeter('detour-sidecar')
    .createHistogram(METRIC_DNS_LOOKUP_DURATION, { unit: 's' });
  return async (hostname, parent) => {
    const attributes = {
      [ATTR_DNS_QUESTION_NAME]: hostname,
      [ATTR_SERVER_ADDRESS]: address,
      [ATTR_SERVER_PORT]: Number(port),
    };
    const span = tracer.startSpan('dns.lookup', { attributes }, parent);
    const startMs = performance.now();
    const answer = await ask(resolver, hostname);
    if (answer.kind === 'failed') {
      span.setAttribute(ATTR_ERROR_TYPE, answer.errorType);
      span.setStatus({ code: SpanStatusCode.ERROR, message: `${hostname}: ${answer.errorType}` });
    } else {
      span.setAttribute('dns.answers', [...answer.addresses]);
    }
    span.end();
    record(duration, hostname, answer, performance.now() - startMs);
    return answer;
  };
}

async function ask(resolver: Resolver, hostname: string): Promise<Lookup> {
  try {
    const records = await resolver.resolve4(hostname, { ttl: true });
    return {
      kind: 'addresses',
      addresses: records.map((record) => record.address),
      ttlMs: 1000 * Math.min(...records.map((record) => record.ttl)),
    };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return { kind: 'failed', errorType: ERROR_TYPES.get(code) ?? 'dns_servfail' };
  }
}

function record(duration: Histogram, hostname: string, answer: Lookup, elapsedMs: number): void {
  duration.record(elapsedMs / 1000, {
    [ATTR_DNS_QUESTION_NAME]: hostname,
    ...(answer.kind === 'failed' && { [ATTR_ERROR_TYPE]: answer.errorType }),
  });
}
