import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SupervisorSettings } from '../supervisor.config.ts';
import type { Topology } from '../topology.ts';

/** Long enough for a baseline: before it there is nothing for the incident to differ from. */
const CALM_MS = 30_000;
const DRILL = 'march-8';

/**
 * Plays the drill once per data folder, by itself, after half a minute of calm. Returns a function that calls it off.
 */
export function scheduleDrill(
  settings: SupervisorSettings,
  topology: Topology,
  say: (line: string) => void,
): () => void {
  const marker = path.join(settings.dataDir, 'drill-played');
  if (!settings.drill || existsSync(marker)) return () => undefined;
  const timer = setTimeout(() => {
    fetch(`${topology.scenarioUrl}/runs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ scenario: DRILL, speed: 60 }),
    }).then(
      (response) => {
        if (!response.ok) return say(`the drill ${DRILL} could not start: ${response.status}`);
        writeFileSync(marker, new Date().toISOString());
        say(`the drill ${DRILL} plays: one minute of the outage takes one second`);
      },
      (error: unknown) => say(`the drill ${DRILL} could not start: ${String(error)}`),
    );
  }, CALM_MS);
  return () => clearTimeout(timer);
}
