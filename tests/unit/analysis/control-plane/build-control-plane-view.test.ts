import { describe, expect, it } from 'vitest';
import { buildDnsView } from '#analysis/control-plane/build-dns-view.ts';
import {
  buildServerView,
  toPushes,
  toReleases,
} from '#analysis/control-plane/build-server-view.ts';
import type { MetricPoint } from '#telemetry/metric-point.ts';
import { type AttributeValue, type Span, spanId } from '#telemetry/span.ts';
import { startOfSecond, unixSecond } from '#telemetry/time.ts';
import { traceFromText } from '#tests/support/trace-from-text.ts';
import { controlPlane, xdsClient } from '#tests/support/xds-clients.ts';

const at = (second: number) => startOfSecond(unixSecond(second));

function point(
  name: string,
  second: number,
  value: number,
  facts: Record<string, string> = {},
  rest: Partial<MetricPoint> = {},
): MetricPoint {
  return {
    name,
    unit: '',
    service: 'control-plane',
    instance: 'control-plane-1',
    attributes: new Map(Object.entries(facts)),
    resource: new Map(),
    unixNano: at(second),
    value: { kind: 'gauge', value },
    ...rest,
  };
}

const lostAt = (second: number) =>
  ({ connected: false, connectedSinceUnixNano: at(second), verdict: 'stream-lost' }) as const;

describe('buildControlPlaneView', () => {
  it('is healthy while all are in sync', () => {
    const view = controlPlane(50, [xdsClient('song-1'), xdsClient('song-2')]);
    expect(view).toMatchObject({ state: 'healthy', summary: '2 clients in sync with v41' });
    expect(view.claims.every((claim) => claim.agrees)).toBe(true);
  });

  it('is lost to most of its clients although it speaks, since they lost it together', () => {
    const view = controlPlane(50, [
      xdsClient('song-1', lostAt(2)),
      xdsClient('song-2', lostAt(40)),
      xdsClient('playlist-1', lostAt(43)),
      xdsClient('gateway-1-grpc'),
    ]);
    expect(view).toMatchObject({ state: 'lost', stateSinceUnixNano: at(40) });
  });

  it('is not there when nobody ever spoke of one', () => {
    const view = controlPlane(50, []);
    expect(view.state).toBe('healthy');
    expect(view.claims).toEqual([]);
  });

  it('is lost when no client holds a stream, since the first of them lost it', () => {
    const view = controlPlane(50, [
      xdsClient('song-1', lostAt(38)),
      xdsClient('song-2', lostAt(40)),
    ]);
    expect(view).toMatchObject({
      state: 'lost',
      summary: 'lost 13 s ago, last known v41',
      stateSinceUnixNano: at(38),
    });
  });

  it('is not lost when it only falls silent: its clients still hold streams', () => {
    const server = { silentSinceUnixNano: at(40) };
    const view = controlPlane(50, [xdsClient('song-1')], { server });
    expect(view).toMatchObject({ state: 'degraded', summary: 'silent for 11 s' });
    expect(view.claims.find((claim) => claim.subject === 'alive')?.agrees).toBe(false);
  });

  it('flags what it calls acknowledged and its clients call failing', () => {
    const view = controlPlane(50, [
      xdsClient('gateway-1', { verdict: 'failing', noConfigRatio: 1 }),
      xdsClient('song-1'),
    ]);
    expect(view.state).toBe('degraded');
    expect(view.claims.find((claim) => claim.subject === 'acknowledged')).toEqual({
      subject: 'acknowledged',
      server: 'all acknowledged',
      clients: '1 acknowledged and failing',
      agrees: false,
      critical: true,
    });
  });
});

describe('buildServerView', () => {
  const resources = (second: number, type: string, version: string, count: number) =>
    point('mesh.control_plane.resources', second, count, {
      'mesh.xds.type': type,
      'mesh.xds.version': version,
      'mesh.control_plane.release': `r${version}`,
    });
  const acks = (second: number, count: number, instance = 'control-plane-1') =>
    point('mesh.control_plane.acks', second, count, { 'mesh.xds.type': 'CDS' }, { instance });

  it('believes the newest version of each type', () => {
    const points = [
      resources(48, 'CDS', '41', 5),
      resources(50, 'CDS', '42', 1),
      resources(50, 'LDS', '42', 1),
    ];
    expect(buildServerView({ atUnixNano: at(51), points })).toMatchObject({
      version: '42',
      release: 'r42',
      resources: { CDS: 1, LDS: 1 },
    });
  });

  it('is at the version of its newest type, whichever is named last', () => {
    const points = [
      resources(50, 'CDS', '8', 6),
      resources(50, 'EDS', '10', 6),
      resources(50, 'RDS', '9', 6),
    ];
    expect(buildServerView({ atUnixNano: at(51), points }).version).toBe('10');
  });

  it('is silent after three missed reports, and keeps its last word', () => {
    const view = buildServerView({ atUnixNano: at(60), points: [resources(50, 'CDS', '41', 5)] });
    expect(view).toMatchObject({ silentSinceUnixNano: at(50), version: '41' });
  });

  it('does not add the counters of the process before a restart', () => {
    const points = [acks(48, 100), acks(50, 3, 'control-plane-2')];
    expect(buildServerView({ atUnixNano: at(51), points }).acks).toBe(3);
  });

  it('has said nothing when there is nothing', () => {
    expect(buildServerView({ atUnixNano: at(60), points: [] })).toEqual({
      resources: {},
      acks: 0,
      nacks: 0,
    });
  });
});

describe('toPushes and toReleases', () => {
  const span = (name: string, id: string, facts: Record<string, AttributeValue>): Span => ({
    ...traceFromText('control-plane |====|')[0]!,
    name,
    spanId: spanId(id),
    attributes: new Map(Object.entries(facts)),
  });

  it('reads outcome, counts and the time to the answer', () => {
    const pushed = span('xds.push', '1', {
      'mesh.xds.type': 'CDS',
      'mesh.xds.version': '42',
      'mesh.xds.node': 'song-1',
      'mesh.xds.resources': 1n,
      'mesh.xds.resources.removed': 2n,
      'mesh.xds.outcome': 'nacked',
      'mesh.xds.reject.reason': 'Unsupported type STATIC',
    });
    expect(toPushes([pushed, span('other', '2', {})])).toEqual([
      {
        unixNano: pushed.startUnixNano,
        type: 'CDS',
        version: '42',
        client: 'song-1',
        resources: 1,
        removed: 2,
        ackAfterNs: 5,
        outcome: 'nacked',
        reason: 'Unsupported type STATIC',
      },
    ]);
  });

  it('knows what a release took away', () => {
    const facts = {
      'mesh.xds.version': '42',
      'mesh.xds.resources': 4n,
      'mesh.xds.resources.removed': 16n,
    };
    expect(toReleases([span('xds.release', '1', facts)])).toMatchObject([
      { version: '42', resourcesBefore: 20, resourcesAfter: 4 },
    ]);
  });
});

describe('toReleases', () => {
  it('takes what was there before from the release before', () => {
    const release = (id: string, start: number, after: bigint): Span => ({
      ...traceFromText('control-plane |====|')[0]!,
      name: 'xds.release',
      spanId: spanId(id),
      startUnixNano: at(start),
      attributes: new Map<string, AttributeValue>([
        ['mesh.xds.resources', after],
        ['mesh.xds.resources.removed', 0n],
      ]),
    });
    expect(toReleases([release('1', 10, 4n), release('2', 20, 20n)])).toMatchObject([
      { resourcesBefore: 4, resourcesAfter: 20 },
      { resourcesBefore: 4, resourcesAfter: 4 },
    ]);
  });
});

describe('buildDnsView', () => {
  const queries = (second: number, value: number, code = 'NOERROR') =>
    point(
      'mesh.dns.queries',
      second,
      0,
      { 'mesh.dns.response_code': code },
      {
        service: 'dns',
        value: { kind: 'sum', value, monotonic: true, delta: false },
      },
    );

  it('makes rates of counters, and tells failures apart', () => {
    const points = [
      queries(40, 100),
      queries(40, 5, 'NXDOMAIN'),
      queries(45, 150),
      queries(45, 15, 'NXDOMAIN'),
    ];
    expect(
      buildDnsView([...points, point('mesh.dns.names', 45, 6, {}, { service: 'dns' })]),
    ).toMatchObject({
      service: 'dns',
      names: 6,
      queriesPerSecond: 12,
      failuresPerSecond: 2,
    });
  });

  it('bears a restart of the server', () => {
    expect(
      buildDnsView([queries(40, 100), queries(42, 110), queries(44, 6)])?.queriesPerSecond,
    ).toBe(4);
  });

  it('is not there when none reports', () => {
    expect(buildDnsView([])).toBeUndefined();
  });
});
