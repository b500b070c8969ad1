import type { Incident } from '#analysis/incident/incident.ts';
import { readIncident, readIncidents } from '#store/incidents/read-incidents.ts';
import { database } from './database.ts';

/** Newest first. */
export async function loadIncidents(): Promise<readonly Incident[]> {
  return readIncidents(database());
}

/** For a page that is about something else: none where they cannot be read. They lie in the first database alone. */
export async function tryLoadIncidents(): Promise<readonly Incident[]> {
  try {
    return await loadIncidents();
  } catch (error) {
    console.error(error);
    return [];
  }
}

/** Of either case: screens write INC-7. */
export async function loadIncident(id: string): Promise<Incident | undefined> {
  return readIncident(database(), id.toLowerCase());
}
