import { describe, expect, it } from 'vitest';
import { buildClientView } from '#analysis/control-plane/build-client-view.ts';
import { envoyVersionGauge } from '#analysis/control-plane/envoy-version-hash.ts';
import type { Push, XdsClient } from '#analysis/control-plane/xds-client.ts';
import { markCached } from '#analysis/service-map/mark-cached.ts';
import type { CallEdge } from '#telemetry/call-edge.ts';
import type { MetricPoint } from '#telemetry/metric-point.ts';
import { startOfSecond, unixSecond } from '#telemetry/time.ts';
import { edge } from '#tests/support/calls.ts';

const at = (second: number) => startOfSecond(unixSecond(second));

function point(name: string, second: number, value: number, cluster?: string): MetricPoint {
  return {
    name,
    unit: '',
    service: 'gateway',
    instance: 'gateway-1',
    attributes: new Map(cluster === undefined ? [] : [['envoy.cluster_name', cluster]]),
    resource: new Map(),
    unixNano: at(second),
    value: { kind: 'gauge', value },
  };
}

interface Flush {
  readonly connected?: number;
  readonly clusters: readonly string[];
  readonly version?: string;
  readonly updateSecond?: number;
  readonly rejected?: number;
  /** Of its process. */
  readonly startedSecond?: number;
}

/** One flush of an Envoy: CDS and the endpoints of each cluster, beside a cluster of its bootstrap. */
function flush(second: number, facts: Flush): readonly MetricPoint[] {
  const {
    connected = 1,
    clusters,
    version = '7',
    updateSecond = 1,
    rejected = 0,
    startedSecond = 0,
  } = facts;
  const gauge = envoyVersionGauge(version);
  return [
    point('control_plane.connected_state', second, connected),
    point('cluster_manager.cds.version', second, gauge),
    point('cluster_manager.cds.update_time', second, updateSecond * 1000),
    point('cluster_manager.cds.update_rejected', second, rejected),
    {
      ...point('cluster_manager.cds.update_attempt', second, 3),
      startUnixNano: at(startedSecond),
      value: { kind: 'sum', value: 3, monotonic: true, delta: false },
    },
    point('cluster.version', second, 0, 'xds'),
    ...clusters.flatMap((name) => [
      point('cluster.version', second, gauge, name),
      point('cluster.update_time', second, updateSecond * 1000, name),
    ]),
  ];
}

const push = (version: string): Push => ({
  unixNano: at(1),
  type: 'CDS',
  version,
  client: 'gateway-1',
  resources: 2,
  removed: 0,
  outcome: 'acked',
});

function view(
  second: number,
  points: readonly MetricPoint[],
  previous: readonly XdsClient[] = [],
  calls: readonly CallEdge[] = [],
): XdsClient {
  const input = { atUnixNano: at(second), points, previous, calls, pushes: [push('7')] };
  return buildClientView(input)[0] as XdsClient;
}

const lost = edge('gateway -> song', 10, { mode: 'xds-none', errors: 10 });

describe('an Envoy by its own metrics', () => {
  it('holds the clusters that it was served, under the version that was pushed', () => {
    const client = view(10, flush(10, { clusters: ['song', 'image'], updateSecond: 4 }));
    expect(client).toMatchObject({
      id: 'gateway-1',
      kind: 'envoy',
      connected: true,
      verdict: 'in-sync',
      types: { CDS: { acked: '7', resources: 2 }, EDS: { acked: '7', resources: 2 } },
    });
    expect(client.types.CDS?.changedUnixNano).toBe(at(4));
  });

  it('begins anew after a long silence, also at an older version', () => {
    const input = { calls: [], pushes: [push('7'), push('42')] };
    const held = flush(10, { clusters: ['song', 'image'], version: '42' });
    const [before] = buildClientView({ ...input, atUnixNano: at(10), points: held, previous: [] });
    const points = flush(100, { clusters: ['song'], updateSecond: 99 });
    const previous = before === undefined ? [] : [before];
    const [client] = buildClientView({ ...input, atUnixNano: at(100), points, previous });
    expect(before?.types.CDS?.acked).toBe('42');
    expect(client).toMatchObject({ verdict: 'in-sync', types: { CDS: { acked: '7' } } });
    expect(client?.types.CDS?.withdrawn).toEqual([]);
  });

  it('begins anew with its process, also within seconds', () => {
    const input = { calls: [], pushes: [push('7'), push('42')] };
    const held = flush(10, { clusters: ['song', 'image'], version: '42', startedSecond: 2 });
    const [before] = buildClientView({ ...input, atUnixNano: at(10), points: held, previous: [] });
    const fresh = flush(16, { clusters: ['song'], updateSecond: 15, startedSecond: 14 });
    const previous = before === undefined ? [] : [before];
    const points = [...held, ...fresh];
    const [client] = buildClientView({ ...input, atUnixNano: at(16), points, previous });
    expect(before?.types.CDS?.acked).toBe('42');
    expect(client).toMatchObject({ verdict: 'in-sync', types: { CDS: { acked: '7' } } });
    expect(client?.types.CDS?.withdrawn).toEqual([]);
    expect(client?.types.CDS?.changedUnixNano).toBe(at(15));
  });

  it('shows the head of the hash of a version that nobody told', () => {
    const client = view(10, flush(10, { clusters: ['song'], version: 'stranger' }));
    expect(client.types.CDS?.acked).toMatch(/^#[0-9a-f]{6}$/);
  });

  it('lacks a cluster that went and whose calls find no route, until it is held again', () => {
    const before = view(10, flush(10, { clusters: ['song', 'image'] }));
    const gone = [
      ...flush(10, { clusters: ['song', 'image'] }),
      ...flush(11, { clusters: ['image'] }),
    ];
    const quiet = view(11, gone, [before]);
    expect(quiet.types.CDS).toMatchObject({ missing: [], withdrawn: ['song'] });
    // A minute later nothing of the cluster is left among the points.
    const without = { clusters: ['image'] };
    const on = [30, 50].reduce((held, now) => view(now, flush(now, without), [held]), quiet);
    const failing = view(70, flush(70, without), [on], [lost]);
    expect(failing).toMatchObject({ verdict: 'failing', types: { CDS: { missing: ['song'] } } });
    const moved = view(80, flush(80, { clusters: ['image'] }), [failing]);
    expect(moved).toMatchObject({ verdict: 'names-gone', types: { CDS: { missing: ['song'] } } });
    const back = view(90, flush(90, { clusters: ['song', 'image'] }), [moved]);
    expect(back).toMatchObject({ verdict: 'in-sync', types: { CDS: { missing: [] } } });
  });

  it('holds no older version because the cluster that was updated last went', () => {
    const input = { calls: [], pushes: [push('7'), push('9')] };
    const image = flush(10, { clusters: ['image'], updateSecond: 3 });
    const song = [
      point('cluster.version', 10, envoyVersionGauge('9'), 'song'),
      point('cluster.update_time', 10, 9000, 'song'),
    ];
    const points = [...image, ...song];
    const previous = buildClientView({ ...input, atUnixNano: at(10), points, previous: [] });
    expect(previous[0]?.types.EDS).toMatchObject({ acked: '9', changedUnixNano: at(9) });
    const left = flush(11, { clusters: ['image'], updateSecond: 3 });
    const [client] = buildClientView({ ...input, atUnixNano: at(11), points: left, previous });
    expect(client).toMatchObject({ verdict: 'in-sync', types: { EDS: { acked: '9' } } });
    // One that it takes afterwards is a step back.
    const older = flush(12, { clusters: ['image'], updateSecond: 12 });
    const clients = buildClientView({ ...input, atUnixNano: at(12), points: older, previous });
    expect(clients[0]).toMatchObject({ verdict: 'older-version', types: { EDS: { acked: '7' } } });
  });

  it('does not lack what it never held', () => {
    const client = view(10, flush(10, { clusters: ['image'] }), [], [lost]);
    expect(client.types.CDS?.missing).toEqual([]);
  });

  it('stands refused from a counted refusal to the next accepted update', () => {
    const fine = view(10, flush(10, { clusters: ['song'], rejected: 2 }));
    expect(fine.verdict).toBe('in-sync');
    const refused = view(11, flush(11, { clusters: ['song'], rejected: 3 }), [fine]);
    expect(refused.verdict).toBe('rejected');
    const still = view(12, flush(12, { clusters: ['song'], rejected: 3 }), [refused]);
    expect(still.verdict).toBe('rejected');
    const mended = flush(13, { clusters: ['song'], rejected: 3, updateSecond: 13 });
    expect(view(13, mended, [still]).verdict).toBe('in-sync');
  });

  it('turns its calls to cached ones while every Envoy of its service is cut off', () => {
    const cut = view(10, flush(10, { clusters: ['song'], connected: 0 }));
    const calls = [edge('gateway -> song', 5), edge('song -> image', 5)];
    expect(markCached(calls, [cut]).map(({ mode }) => mode)).toEqual(['xds-cached', 'xds-live']);
    const other = { ...cut, id: 'gateway-2', connected: true };
    expect(markCached(calls, [cut, other])).toEqual(calls);
  });
});

describe("Envoy's version gauge", () => {
  // Read from an Envoy 1.40 beside its version texts.
  it.each([
    ['2', 6927017134761466251n],
    ['3', 2744517546871237796n],
    ['5', 7674613650421074157n],
  ])('of %j is xxHash64', (text, hash) => {
    expect(envoyVersionGauge(text)).toBe(Number(hash));
  });

  it('covers texts of every length class', () => {
    // Published vectors of xxHash64 with seed 0; the last is in the README of python-xxhash.
    expect(envoyVersionGauge('')).toBe(Number(BigInt.asIntN(64, 0xef46db3751d8e999n)));
    expect(envoyVersionGauge('abc')).toBe(Number(BigInt.asIntN(64, 0x44bc2cf5ad770999n)));
    const longText = 'Nobody inspects the spammish repetition';
    expect(envoyVersionGauge(longText)).toBe(Number(BigInt.asIntN(64, 0xfbcea83c8a378bf1n)));
  });
});
