import {
  type ComparedIncident,
  countUserCalls,
  firstOfEachSet,
  type IncidentComparison,
  readStatedSafeguards,
  rootCauseOf,
  similarIncidents,
} from '#analysis/incident/compare-incidents.ts';
import type { Incident } from '#analysis/incident/incident.ts';
import { readCallEdges } from '#store/call-edges/read-call-edges.ts';
import type { Database } from '#store/client.ts';
import { readIncidents } from '#store/incidents/read-incidents.ts';
import { readLatestMetricPoints } from '#store/metric-points/read-metric-points.ts';
import { METRIC_SAFEGUARD } from '#telemetry/metric-names.ts';
import { addNs, NS_PER_SECOND } from '#telemetry/time.ts';
import { database } from './database.ts';
import { loadIncident } from './load-incidents.ts';
import { now } from './now.ts';

/** Each costs two small reads. */
const MAX_READ = 12;
const MAX_SHOWN = 5;
/** Parts state them each second; what was set just before the outage is said by then, and one that died in it still counts. */
const STATED_AFTER_NS = 2 * NS_PER_SECOND;
const STATED_WITHIN_NS = 15 * NS_PER_SECOND;

/** Undefined when there is no such incident. */
export async function loadComparison(id: string): Promise<IncidentComparison | undefined> {
  const incident = await loadIncident(id);
  return incident === undefined ? undefined : compareIncident(incident);
}

export async function compareIncident(incident: Incident): Promise<IncidentComparison> {
  const db = database();
  const similar = similarIncidents(incident, await readIncidents(db)).slice(0, MAX_READ);
  const [own, ...others] = await Promise.all(
    [incident, ...similar].map((each) => toCompared(db, each)),
  );
  if (own === undefined) throw new Error('an incident is compared at least with itself');
  return {
    cause: rootCauseOf(incident),
    own,
    others: firstOfEachSet(others).slice(0, MAX_SHOWN),
  };
}

async function toCompared(db: Database, incident: Incident): Promise<ComparedIncident> {
  const { startUnixNano, endUnixNano = now() } = incident;
  const [edges, points] = await Promise.all([
    readCallEdges(db, { startUnixNano, endUnixNano }),
    readLatestMetricPoints(db, {
      names: [METRIC_SAFEGUARD],
      atUnixNano: addNs(startUnixNano, STATED_AFTER_NS),
      lookbackNs: STATED_WITHIN_NS,
    }),
  ]);
  return {
    incident,
    safeguards: readStatedSafeguards(points),
    users: countUserCalls(edges),
  };
}
