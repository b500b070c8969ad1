import type { Incident } from '#analysis/incident/incident.ts';
import { readIncident, readIncidents } from '#store/incidents/read-incidents.ts';
import { database } from './database.ts';

/** Newest first. */
export async function loadIncidents(): Promise<readonly Incident[]> {
  return readIncidents(database());
}

/** Of either case: screens write INC-7. */
export async function loadIncident(id: string): Promise<Incident | undefined> {
  return readIncident(database(), id.toLowerCase());
}
