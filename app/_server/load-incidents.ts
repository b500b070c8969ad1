import type { Incident } from '#analysis/incident/incident.ts';
import { byTime } from '#analysis/incident/incident-entry.ts';
import { readIncident, readIncidents, readOpenIncidents } from '#store/incidents/read-incidents.ts';
import { database } from './database.ts';

/** Newest first. */
export async function loadIncidents(): Promise<readonly Incident[]> {
  return (await readIncidents(database())).map(inOrder);
}

/** Those that are not resolved, newest first. */
export async function loadOpenIncidents(): Promise<readonly Incident[]> {
  return (await readOpenIncidents(database())).map(inOrder);
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
  const incident = await readIncident(database(), id.toLowerCase());
  return incident && inOrder(incident);
}

/** The store knows the instants of events, not which of two at one instant led to the other. */
function inOrder(incident: Incident): Incident {
  return { ...incident, events: incident.events.toSorted(byTime) };
}
