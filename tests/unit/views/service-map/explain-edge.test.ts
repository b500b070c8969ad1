import { describe, expect, it } from 'vitest';
import { type FixtureMoment, mapFixture } from '#tests/support/live-fixture.ts';
import {
  doTheyDisagree,
  explainFailure,
  wayOut,
  whoSaysWhat,
} from '#views/service-map/explain-edge.ts';

function look(moment: FixtureMoment, id: string) {
  const map = mapFixture(moment);
  const edge = map.edges.find((candidate) => candidate.id === id);
  if (edge === undefined) throw new Error(id);
  return { map, edge };
}

describe('whoSaysWhat', () => {
  it('sets the caller that finds no address against a control plane that says all is well', () => {
    const { map, edge } = look('midst', 'gateway->login');
    const statements = whoSaysWhat(edge, map);
    expect(statements[0]).toMatchObject({ says: 'no address', health: 'critical' });
    expect(doTheyDisagree(statements)).toBe(true);
  });

  it('finds no disagreement where nobody suffers', () => {
    const { map, edge } = look('calm', 'gateway->login');
    expect(doTheyDisagree(whoSaysWhat(edge, map))).toBe(false);
  });

  it('lets a dead control plane say nothing but its last word', () => {
    const { map, edge } = look('lost', 'gateway->login');
    expect(whoSaysWhat(edge, map)).toContainEqual({
      who: 'control-plane',
      says: 'silent',
      detail: 'last known v42',
      health: 'unknown',
    });
  });
});

describe('explainFailure', () => {
  it('explains nothing where nothing fails', () => {
    const { map, edge } = look('calm', 'gateway->login');
    expect(explainFailure(edge, map)).toBeUndefined();
    expect(wayOut(edge, map)).toBeUndefined();
  });

  it('names the lost mapping and offers DNS', () => {
    const { map, edge } = look('midst', 'gateway->login');
    expect(explainFailure(edge, map)?.signature).toContain('no_mapping');
    expect(wayOut(edge, map)).toContain('login');
  });
});
