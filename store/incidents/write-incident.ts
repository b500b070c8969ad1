import type { Incident } from '#analysis/incident/incident.ts';
import type { PrismaClient } from '#store/generated/client.ts';
import { toInstantsJson } from '#store/instants-json.ts';

/** Part of a caller's transaction. Entries of the timeline are only ever added: the same incident again changes nothing. */
export async function writeIncident(
  tx: Pick<PrismaClient, 'incident' | 'incidentEvent'>,
  incident: Incident,
): Promise<void> {
  const row = toRow(incident);
  await tx.incident.upsert({ where: { id: row.id }, create: row, update: row });
  await tx.incidentEvent.createMany({
    data: incident.events.map((event) => ({ ...event, incidentId: incident.id })),
    skipDuplicates: true,
  });
}

function toRow(incident: Incident) {
  return {
    id: incident.id,
    number: incident.number,
    title: incident.title,
    cause: incident.cause,
    severity: incident.severity,
    state: incident.state,
    startUnixNano: incident.startUnixNano,
    detectedUnixNano: incident.detectedUnixNano,
    mitigatedUnixNano: incident.mitigatedUnixNano ?? null,
    endUnixNano: incident.endUnixNano ?? null,
    services: [...incident.services],
    failedCalls: BigInt(incident.failedCalls),
    totalCalls: BigInt(incident.totalCalls),
    peakDnsRatio: incident.peakDnsRatio,
    normalDnsRatio: incident.normalDnsRatio,
    shifts: toInstantsJson(incident.shifts),
    slowdowns: toInstantsJson(incident.slowdowns),
  };
}
