import { describe, expect, it } from 'vitest';
import {
  type ComparedIncident,
  countUserCalls,
  firstOfEachSet,
  readStatedSafeguards,
  rootCauseOf,
  similarIncidents,
} from '#analysis/incident/compare-incidents.ts';
import type { Incident, IncidentEventKind } from '#analysis/incident/incident.ts';
import type { MetricPoint } from '#telemetry/metric-point.ts';
import type { Safeguard } from '#telemetry/safeguard.ts';
import { startOfSecond, unixNano, unixSecond } from '#telemetry/time.ts';

function incident(number: number, ...events: [IncidentEventKind, string][]): Incident {
  const at = startOfSecond(unixSecond(100 * number));
  return {
    id: `inc-${number}`,
    number,
    title: '',
    cause: '',
    severity: 1,
    state: 'resolved',
    startUnixNano: at,
    detectedUnixNano: at,
    services: [],
    failedCalls: 0,
    totalCalls: 0,
    peakDnsRatio: 0,
    normalDnsRatio: 0,
    shifts: [],
    slowdowns: [],
    events: events.map(([kind, subject], index) => ({
      unixNano: unixNano(at + BigInt(index)),
      kind,
      subject,
      text: '',
      evidence: '',
    })),
  };
}

function stated(name: string, value: number, instance: string, second = 10): MetricPoint {
  return {
    name: 'mesh.safeguard',
    unit: '',
    service: instance.replace(/-\d+$/, ''),
    instance,
    attributes: new Map([['mesh.safeguard.name', name]]),
    resource: new Map(),
    unixNano: startOfSecond(unixSecond(second)),
    value: { kind: 'gauge', value },
  };
}

describe('rootCauseOf', () => {
  it('is the first entry that tells more than that calls fail', () => {
    const crash = incident(
      1,
      ['incident-opened', 'Calls fail'],
      ['failures-began', 'gateway → song'],
      ['control-plane-lost', 'control plane'],
    );
    expect(rootCauseOf(crash)).toEqual({ kind: 'control-plane', services: [] });
  });

  it('names the services whose configuration went', () => {
    const lost = incident(
      1,
      ['release', 'control plane'],
      ['config-lost', 'song'],
      ['config-lost', 'login, song'],
    );
    expect(rootCauseOf(lost)).toEqual({ kind: 'configuration', services: ['login', 'song'] });
  });

  it('is where calls failed when nothing else is known', () => {
    const failed = incident(
      1,
      ['failures-began', 'gateway → song'],
      ['failures-began', 'a → song'],
    );
    expect(rootCauseOf(failed)).toEqual({ kind: 'calls', services: ['song'] });
    const slow = incident(2, ['slow-began', 'gateway → song']);
    expect(rootCauseOf(slow)).toEqual({ kind: 'latency', services: ['song'] });
  });
});

describe('similarIncidents', () => {
  const emptied = incident(1, ['config-lost', 'song']);
  const heldBack = incident(2, ['push-held-back', 'song']);
  const march = incident(3, ['config-lost', 'artist, login, playlist, song']);
  const other = incident(4, ['config-lost', 'image']);
  const kept = incident(5, ['release', 'control plane']);
  const all = [kept, other, march, heldBack, emptied];

  it('takes a push that was held back for the same cause as the one that was not', () => {
    expect(similarIncidents(emptied, all)).toEqual([kept, heldBack]);
  });

  it('keeps one lost service apart from many, and from another', () => {
    expect(similarIncidents(march, all)).toEqual([kept]);
  });
});

describe('readStatedSafeguards', () => {
  it('is in force when everyone who speaks of it has it', () => {
    const points = [
      stated('ignore-resource-deletion', 1, 'song-1'),
      stated('ignore-resource-deletion', 1, 'artist-1'),
      stated('dns-fallback', 1, 'control-plane-7'),
      stated('resource-ttl', 0, 'control-plane-7'),
    ];
    expect(readStatedSafeguards(points)).toEqual({
      inForce: ['ignore-resource-deletion', 'dns-fallback'],
      absent: ['resource-ttl'],
    });
  });

  it('is absent when one of those who speak of it has it not', () => {
    const points = [
      stated('ignore-resource-deletion', 1, 'song-1'),
      stated('ignore-resource-deletion', 0, 'song-2'),
    ];
    expect(readStatedSafeguards(points).absent).toEqual(['ignore-resource-deletion']);
  });

  it('takes the newer word of a part that changed its mind', () => {
    const points = [
      stated('dns-fallback', 0, 'control-plane-7', 12),
      stated('dns-fallback', 1, 'control-plane-7', 11),
    ];
    expect(readStatedSafeguards(points).inForce).toEqual([]);
  });

  it('knows nothing of a mesh that states nothing, or something else', () => {
    expect(readStatedSafeguards([])).toEqual({ inForce: [], absent: [] });
    expect(readStatedSafeguards([stated('luck', 1, 'song-1')])).toEqual({
      inForce: [],
      absent: [],
    });
  });
});

it('countUserCalls counts what users asked of services, and nothing behind it or of Detour', () => {
  const edge = (client: string, server: string, calls: number, errors: number) => ({
    client,
    server,
    calls,
    errors,
  });
  const edges = [
    edge('@users', 'gateway', 10, 4),
    edge('@users', 'login', 2, 1),
    edge('gateway', 'song', 9, 9),
  ];
  expect(countUserCalls(edges)).toEqual({ failed: 5, total: 12 });
});

it('firstOfEachSet keeps one incident for each set of safeguards', () => {
  const compared = (number: number, ...inForce: Safeguard[]): ComparedIncident => ({
    incident: incident(number),
    safeguards: { inForce, absent: [] },
    users: { failed: 0, total: 0 },
  });
  const all = [compared(3), compared(2, 'dns-fallback'), compared(1)];
  expect(firstOfEachSet(all).map(({ incident: { number } }) => number)).toEqual([3, 2]);
});
