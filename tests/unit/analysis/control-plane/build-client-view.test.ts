import { describe, expect, it } from 'vitest';
import {
  buildClientView,
  type ClientViewInput,
} from '#analysis/control-plane/build-client-view.ts';
import type { Push, XdsClient } from '#analysis/control-plane/xds-client.ts';
import type { MetricPoint } from '#telemetry/metric-point.ts';
import { startOfSecond, unixSecond } from '#telemetry/time.ts';
import { edge } from '#tests/support/calls.ts';

const at = (second: number) => startOfSecond(unixSecond(second));

function point(
  name: string,
  second: number,
  value: number,
  facts: Record<string, string | bigint>,
): MetricPoint {
  return {
    name,
    unit: '',
    service: 'gateway',
    instance: 'gateway-1',
    attributes: new Map(
      Object.entries({
        'mesh.xds.client.id': 'gateway-1',
        'mesh.xds.client.kind': 'sidecar',
        ...facts,
      }),
    ),
    resource: new Map(),
    unixNano: at(second),
    value: { kind: 'gauge', value },
  };
}

const connected = (second: number, value: number, facts: Record<string, string> = {}) =>
  point('grpc.xds_client.connected', second, value, facts);

/** A running sum of the client's, of a process that began to count at a second. */
const counting = (second: number, since: number, name = 'resource_updates_valid'): MetricPoint => ({
  ...point(`grpc.xds_client.${name}`, second, 3, {}),
  startUnixNano: at(since),
  value: { kind: 'sum', value: 3, monotonic: true, delta: false },
});

/** "41" held for so many seconds, with names that are missing. */
const holds = (
  second: number,
  version: string,
  ageSeconds: number,
  missing = '',
  facts: Record<string, string> = {},
) =>
  point('mesh.xds.client.config_age', second, ageSeconds, {
    'mesh.xds.type': 'LDS',
    'mesh.xds.version.received': version,
    'mesh.xds.version.acked': version,
    'mesh.xds.resources': missing === '' ? 2n : 0n,
    'mesh.xds.resources.missing': missing,
    ...facts,
  });

function view(
  second: number,
  points: readonly MetricPoint[],
  rest: Partial<ClientViewInput> = {},
): XdsClient {
  const clients = buildClientView({
    atUnixNano: at(second),
    points,
    previous: [],
    calls: [],
    pushes: [],
    ...rest,
  });
  return clients[0]!;
}

const none = edge('gateway -> login', 10, { mode: 'xds-none', errors: 10 });
const fine = edge('gateway -> song', 30);
const push = (second: number, resources: number, outcome: Push['outcome'] = 'acked'): Push => ({
  unixNano: at(second),
  type: 'LDS',
  version: '43',
  client: 'gateway-1',
  resources,
  removed: 0,
  outcome,
});

describe('buildClientView', () => {
  it('is in sync while all is held and acknowledged', () => {
    const client = view(100, [connected(99, 1), holds(99, '41', 50)]);
    expect(client).toMatchObject({
      id: 'gateway-1',
      verdict: 'in-sync',
      restartRisk: 'safe',
      isSilent: false,
    });
    expect(client.types.LDS).toMatchObject({ acked: '41', changedUnixNano: at(49) });
  });

  it('believes the newest series when a version has changed, and the younger content at the same instant', () => {
    const points = [holds(99, '42', 3), holds(98, '41', 60), holds(99, '41', 61), connected(99, 1)];
    expect(view(100, points).types.LDS?.acked).toBe('42');
  });

  it('is failing when it acknowledged a loss and its calls find no address', () => {
    const client = view(100, [connected(99, 1), holds(99, '42', 3, 'login')], {
      calls: [none, fine],
    });
    expect(client).toMatchObject({
      verdict: 'failing',
      reason: 'login gone from v42, acknowledged: 100% of its calls find no address',
      restartRisk: 'stays-broken',
    });
  });

  it('has names gone, and no more, once its calls go by DNS', () => {
    const calls = [edge('gateway -> login', 10, { mode: 'dns' }), fine];
    expect(view(100, [connected(99, 1), holds(99, '42', 3, 'login')], { calls }).verdict).toBe(
      'names-gone',
    );
  });

  it('is stuck when the names were sent again, acknowledged and not taken up', () => {
    const points = [connected(99, 1), holds(99, '43', 60, 'login')];
    const client = view(100, points, { pushes: [push(80, 2)] });
    expect(client).toMatchObject({ verdict: 'stuck', restartRisk: 'safe' });
  });

  it('is stuck when it misses nothing and still finds no address', () => {
    const first = view(100, [connected(99, 1), holds(99, '43', 5)], { calls: [none] });
    expect(first.verdict).toBe('in-sync');
    const points = [connected(100, 1), holds(100, '43', 5)];
    expect(view(101, points, { calls: [none], previous: [first] }).verdict).toBe('stuck');
  });

  it('is failing, not stuck, when what it holds names no endpoint', () => {
    const empty = { 'mesh.xds.type': 'EDS', 'mesh.xds.resources.empty': 'login' };
    const points = [connected(99, 1), holds(99, '43', 30, '', empty)];
    const first = view(100, points, { calls: [none] });
    expect(first).toMatchObject({
      verdict: 'failing',
      reason: 'login without endpoints, acknowledged: 100% of its calls find no address',
    });
    expect(view(101, points, { calls: [none], previous: [first] }).verdict).toBe('failing');
  });

  it('waits, and has lost nothing, while its first request is not answered', () => {
    const { attributes, ...rest } = holds(99, '', 2, 'login');
    const client = view(100, [connected(99, 1), { ...rest, attributes }], { calls: [none] });
    expect(client).toMatchObject({
      verdict: 'not-acked',
      reason: 'login asked for, no answer yet',
    });
  });

  it('is not stuck by the calls of the seconds before the answer came', () => {
    const late = { ...push(92, 2), ackAfterNs: 4_000_000_000 };
    const points = [connected(99, 1), holds(99, '43', 5)];
    const first = view(100, points, { calls: [none], pushes: [late] });
    const next = view(101, points, { calls: [none], pushes: [late], previous: [first] });
    expect(next.verdict).toBe('in-sync');
  });

  it('does not blame a sidecar for the calls of the gRPC channel beside it', () => {
    const grpc = { 'mesh.xds.client.id': 'gateway-1-grpc', 'mesh.xds.client.kind': 'grpc' };
    const points = [
      connected(99, 1),
      holds(99, '42', 3),
      connected(99, 1, grpc),
      holds(99, '42', 3, 'login', grpc),
    ];
    const clients = buildClientView({
      atUnixNano: at(100),
      points,
      previous: [],
      calls: [none, fine],
      pushes: [],
    });
    expect(clients.map((client) => [client.id, client.verdict])).toEqual([
      ['gateway-1', 'in-sync'],
      ['gateway-1-grpc', 'failing'],
    ]);
  });

  it('says why a version was refused', () => {
    const refused = {
      'mesh.xds.version.rejected': '43',
      'mesh.xds.reject.reason': 'Unsupported type STATIC',
    };
    const client = view(100, [connected(99, 1), holds(99, '41', 60, '', refused)]);
    expect(client).toMatchObject({
      verdict: 'rejected',
      reason: 'LDS v43 refused: Unsupported type STATIC',
      restartRisk: 'would-break',
    });
  });

  it('keeps what it held when its stream is lost, and since when', () => {
    const before = view(90, [connected(89, 1), holds(89, '41', 40)]);
    const client = view(100, [connected(99, 0), holds(99, '41', 50)], { previous: [before] });
    expect(client).toMatchObject({
      verdict: 'stream-lost',
      connectedSinceUnixNano: at(99),
      restartRisk: 'would-break',
    });
  });

  it('keeps the last known state of a client that falls silent', () => {
    const before = view(90, [connected(89, 1), holds(89, '41', 40)]);
    const client = view(100, [], { previous: [before] });
    expect(client).toMatchObject({
      isSilent: true,
      connected: true,
      lastReportUnixNano: at(89),
      reason: 'silent, last known: connected, everything acknowledged',
    });
  });

  it('forgets a client that has been silent for a quarter of an hour', () => {
    const before = view(90, [connected(89, 1), holds(89, '41', 40)]);
    const input = { atUnixNano: at(1000), points: [], previous: [before], calls: [], pushes: [] };
    expect(buildClientView(input)).toEqual([]);
  });

  it('has never connected when it holds nothing and has no stream', () => {
    expect(view(100, [connected(99, 0)])).toMatchObject({
      verdict: 'never-connected',
      restartRisk: 'stays-broken',
    });
  });

  it('sees a version go backwards', () => {
    const before = view(90, [connected(89, 1), holds(89, '42', 40)]);
    const client = view(100, [connected(99, 1), holds(99, '41', 1)], { previous: [before] });
    const wentBack = { type: 'LDS', fromVersion: '42' };
    expect(client).toMatchObject({
      verdict: 'older-version',
      reason: 'LDS went back from v42',
      wentBack,
    });
    const later = view(101, [connected(100, 1), holds(100, '41', 2)], { previous: [client] });
    expect(later).toMatchObject({ verdict: 'older-version', wentBack });
  });

  it('measures one that was restarted by nothing that it held before', () => {
    const before = view(90, [connected(89, 1), holds(89, '42', 40)]);
    const client = view(200, [connected(199, 1), holds(199, '3', 1)], { previous: [before] });
    expect(client).toMatchObject({ verdict: 'in-sync', types: { LDS: { acked: '3' } } });
    expect(client.wentBack).toBeUndefined();
  });

  it('measures one that was restarted in seconds by nothing that it held before', () => {
    const last = [connected(89, 1), holds(89, '42', 40, 'song'), counting(89, 20)];
    const before = view(90, last);
    const routes = holds(89, '42', 40, '', { 'mesh.xds.type': 'RDS' });
    // What the process before said is still among the points, and what it alone counted.
    const old = [...last, routes, counting(89, 30, 'server_failure')];
    const points = [...old, connected(95, 1), holds(95, '3', 1), counting(95, 93)];
    const client = view(96, points, { previous: [before] });
    expect(client).toMatchObject({ verdict: 'in-sync', connectedSinceUnixNano: at(95) });
    expect(client.types).toMatchObject({ LDS: { acked: '3' } });
    expect(client.types.RDS).toBeUndefined();
    // It is one process from then on.
    const back = [connected(97, 1), holds(97, '2', 1), counting(97, 93)];
    const later = view(98, back, { previous: [client] });
    expect(later).toMatchObject({ verdict: 'older-version' });
  });

  it('takes no process for another because it begins a further sum', () => {
    const before = view(90, [connected(89, 1), holds(89, '42', 40), counting(89, 20)]);
    const points = [connected(95, 1), holds(95, '41', 1), counting(95, 20)];
    const further = counting(95, 94, 'server_failure');
    const client = view(96, [...points, further], { previous: [before] });
    expect(client).toMatchObject({ verdict: 'older-version' });
  });

  it('keeps the last word of a process whose successor has counted and said nothing yet', () => {
    const before = view(90, [connected(89, 1), holds(89, '42', 40), counting(89, 20)]);
    const client = view(96, [counting(95, 93)], { previous: [before] });
    expect(client).toMatchObject({ isSilent: true, types: { LDS: { acked: '42' } } });
  });

  it('has not acknowledged a push that stayed unanswered', () => {
    const client = view(100, [connected(99, 1), holds(99, '41', 60)], {
      pushes: [push(88, 2, 'silent')],
    });
    expect(client).toMatchObject({ verdict: 'not-acked', reason: 'LDS v43 sent, no answer' });
  });

  it('knows a stranger’s gRPC client by its process and target', () => {
    const facts = { 'grpc.target': 'xds:///login' };
    const stranger = { ...connected(99, 1), attributes: new Map(Object.entries(facts)) };
    expect(view(100, [stranger])).toMatchObject({
      id: 'gateway-1 xds:///login',
      kind: 'other',
      target: 'xds:///login',
    });
  });
});
