import { describe, expect, it } from 'vitest';
import type { IncidentEventKind } from '#analysis/incident/incident.ts';
import { byTime, entry } from '#analysis/incident/incident-entry.ts';
import { unixNano } from '#telemetry/time.ts';

describe('byTime', () => {
  it('tells the cause before the effect where both have one instant', () => {
    const at = (ns: bigint, kind: IncidentEventKind) => entry(unixNano(ns), kind, 'x', '', '');
    const told = [
      at(2n, 'mitigated'),
      at(1n, 'incident-opened'),
      at(1n, 'failures-began'),
      at(1n, 'release'),
      at(2n, 'failures-ended'),
    ].sort(byTime);
    expect(told.map(({ kind }) => kind)).toEqual([
      'release',
      'failures-began',
      'incident-opened',
      'failures-ended',
      'mitigated',
    ]);
  });
});
