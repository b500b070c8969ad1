'use client';

import { useEffect, useMemo, useState } from 'react';
import { useLive } from '#views/live/use-live.ts';
import { OWN_HEALTH, SCREENS } from '#views/shell/screens.ts';
import type { JumpTarget } from './jump-target.ts';

const PAGES: readonly JumpTarget[] = [...SCREENS, OWN_HEALTH].map(({ href, label, key }) => ({
  id: `page ${href}`,
  kind: 'page',
  label,
  hint: `g ${key}`,
  href,
}));

interface Asked {
  readonly services: readonly JumpTarget[];
  readonly incidents: readonly JumpTarget[];
  readonly scenarios: readonly JumpTarget[];
}

const NOTHING: Asked = { services: [], incidents: [], scenarios: [] };

/** Everywhere that can be gone to by name. Asked for once, as the list is opened; what does not answer is left out. */
export function useJumpTargets(): readonly JumpTarget[] {
  const map = useLive().snapshot?.map;
  const [asked, setAsked] = useState(NOTHING);
  useEffect(() => {
    const stop = new AbortController();
    const add = (part: keyof Asked, load: Promise<readonly JumpTarget[]>) => {
      load.then(
        (found) => setAsked((before) => ({ ...before, [part]: found })),
        // A list that cannot be had is one place fewer to go to; the pages themselves say what is wrong.
        () => undefined,
      );
    };
    add('services', loadServices(stop.signal));
    add('incidents', loadIncidents(stop.signal));
    add('scenarios', loadScenarios(stop.signal));
    return () => stop.abort();
  }, []);
  return useMemo(
    () => [
      ...PAGES,
      ...asked.incidents,
      ...asked.services,
      ...(map?.edges ?? []).map((edge) => toEdgeTarget(edge.client, edge.server, edge.id)),
      ...asked.scenarios,
    ],
    [asked, map],
  );
}

function toEdgeTarget(client: string, server: string, id: string): JumpTarget {
  return {
    id: `edge ${id}`,
    kind: 'edge',
    label: `${client.replace(/^@/, '')} → ${server}`,
    hint: 'calls on the map',
    href: `/map?${new URLSearchParams({ sel: `edge:${id}` })}`,
  };
}

async function loadServices(signal: AbortSignal): Promise<readonly JumpTarget[]> {
  const { services } = await getJson<{
    readonly services: readonly { readonly service: string; readonly isOwn: boolean }[];
  }>('/api/v1/services', signal);
  return services
    .filter(({ isOwn }) => !isOwn)
    .map(({ service }) => ({
      id: `service ${service}`,
      kind: 'service',
      label: service,
      hint: 'on the map',
      href: `/map?${new URLSearchParams({ sel: `node:${service}` })}`,
    }));
}

async function loadIncidents(signal: AbortSignal): Promise<readonly JumpTarget[]> {
  const { incidents } = await getJson<{
    readonly incidents: readonly {
      readonly id: string;
      readonly number: number;
      readonly title: string;
      readonly state: string;
    }[];
  }>('/api/v1/incidents', signal);
  return incidents.map(({ id, number, title, state }) => ({
    id: `incident ${id}`,
    kind: 'incident',
    label: `INC-${number} ${title}`,
    hint: state,
    href: `/incidents/${encodeURIComponent(id)}`,
  }));
}

async function loadScenarios(signal: AbortSignal): Promise<readonly JumpTarget[]> {
  const scenarios = await getJson<readonly { readonly name: string; readonly title: string }[]>(
    '/api/v1/lab/scenarios',
    signal,
  );
  return scenarios.map(({ name, title }) => ({
    id: `scenario ${name}`,
    kind: 'scenario',
    label: title,
    hint: name,
    href: `/lab?${new URLSearchParams({ scenario: name })}`,
  }));
}

async function getJson<T>(url: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as T;
}
