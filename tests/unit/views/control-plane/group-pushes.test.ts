import { describe, expect, it } from 'vitest';
import { controlPlaneFixture } from '#tests/support/live-fixture.ts';
import { groupPushes, isMassDeletion } from '#views/control-plane/group-pushes.ts';
import { judgeTwoViews } from '#views/control-plane/two-views.ts';

describe('groupPushes', () => {
  it('makes one row of a version and counts clients, not pushes', () => {
    const [newest, before] = groupPushes(controlPlaneFixture('midst'));
    expect(newest).toMatchObject({ version: 'v42', clients: 8, nacked: 1, silent: 1, acked: 6 });
    expect(before).toMatchObject({ version: 'v41', clients: 9, acked: 9 });
  });

  it('calls the loss of more than a third at once a mass deletion', () => {
    const groups = groupPushes(controlPlaneFixture('midst'));
    expect(groups.map(isMassDeletion)).toEqual([true, false]);
  });
});

describe('judgeTwoViews', () => {
  it('lets the clients outvote a server that says all is well', () => {
    const { server, clients, health } = judgeTwoViews(controlPlaneFixture('midst'));
    expect(server.word).toBe('healthy');
    expect(clients.word).toBe('acked, failing');
    expect(health).toBe('critical');
  });

  it('stays complete when the control plane is dead', () => {
    const { server, clients } = judgeTwoViews(controlPlaneFixture('lost'));
    expect(server).toMatchObject({ health: 'unknown', word: 'silent for 34 s' });
    expect(clients.word).toContain('lost');
    expect(clients.word).toContain('ago');
  });
});
