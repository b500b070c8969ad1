import type {
  Incident,
  IncidentEvent,
  IncidentEventKind,
  IncidentState,
  Severity,
} from '#analysis/incident/incident.ts';
import type { Slowdown } from '#analysis/incident/slowdown.ts';
import type { ServiceShift } from '#analysis/routing/routing-shift.ts';
import type { Database } from '#store/client.ts';
import type {
  IncidentEvent as EventRow,
  Incident as IncidentRow,
  Prisma,
} from '#store/generated/client.ts';
import { fromInstantsJson } from '#store/instants-json.ts';
import { type TimeWindow, unixNano } from '#telemetry/time.ts';

const MAX_INCIDENTS = 500;
const WITH_EVENTS = {
  events: { orderBy: [{ unixNano: 'asc' }, { kind: 'asc' }, { subject: 'asc' }] },
} satisfies Prisma.IncidentInclude;

/** Newest first, at most 500. */
export async function readIncidents(db: Database): Promise<readonly Incident[]> {
  const rows = await db.prisma.incident.findMany({
    include: WITH_EVENTS,
    orderBy: { number: 'desc' },
    take: MAX_INCIDENTS,
  });
  return rows.map(toIncident);
}

/** Those that are not resolved, newest first. */
export async function readOpenIncidents(db: Database): Promise<readonly Incident[]> {
  const rows = await db.prisma.incident.findMany({
    where: { state: { not: 'resolved' } },
    include: WITH_EVENTS,
    orderBy: { number: 'desc' },
  });
  return rows.map(toIncident);
}

/** Those that had begun and were not over at some time within the window, newest first. */
export async function readIncidentsDuring(
  db: Database,
  { startUnixNano, endUnixNano }: TimeWindow,
): Promise<readonly Incident[]> {
  const rows = await db.prisma.incident.findMany({
    where: {
      startUnixNano: { lt: endUnixNano },
      OR: [{ endUnixNano: null }, { endUnixNano: { gte: startUnixNano } }],
    },
    include: WITH_EVENTS,
    orderBy: { number: 'desc' },
    take: MAX_INCIDENTS,
  });
  return rows.map(toIncident);
}

export async function readIncident(db: Database, id: string): Promise<Incident | undefined> {
  const row = await db.prisma.incident.findUnique({ where: { id }, include: WITH_EVENTS });
  return row === null ? undefined : toIncident(row);
}

export async function readNewestIncident(db: Database): Promise<Incident | undefined> {
  const row = await db.prisma.incident.findFirst({
    include: WITH_EVENTS,
    orderBy: { number: 'desc' },
  });
  return row === null ? undefined : toIncident(row);
}

function toIncident(row: IncidentRow & { readonly events: readonly EventRow[] }): Incident {
  const shifts = fromInstantsJson<readonly ServiceShift[]>(row.shifts);
  const movers = shifts.filter((shift) => shift.direction === 'to-dns');
  const first = movers[0]?.service;
  const last = movers.at(-1)?.service;
  const { mitigatedUnixNano, endUnixNano } = row;
  return {
    id: row.id,
    number: row.number,
    title: row.title,
    cause: row.cause,
    severity: row.severity as Severity,
    state: row.state as IncidentState,
    startUnixNano: unixNano(row.startUnixNano),
    detectedUnixNano: unixNano(row.detectedUnixNano),
    ...(mitigatedUnixNano === null ? {} : { mitigatedUnixNano: unixNano(mitigatedUnixNano) }),
    ...(endUnixNano === null ? {} : { endUnixNano: unixNano(endUnixNano) }),
    services: row.services,
    failedCalls: Number(row.failedCalls),
    totalCalls: Number(row.totalCalls),
    peakDnsRatio: row.peakDnsRatio,
    normalDnsRatio: row.normalDnsRatio,
    shifts,
    slowdowns: fromInstantsJson<readonly Slowdown[]>(row.slowdowns),
    ...(first === undefined ? {} : { firstMover: first }),
    ...(last === undefined ? {} : { lastMover: last }),
    events: row.events.map(toEvent),
  };
}

function toEvent(row: EventRow): IncidentEvent {
  return {
    unixNano: unixNano(row.unixNano),
    kind: row.kind as IncidentEventKind,
    subject: row.subject,
    text: row.text,
    evidence: row.evidence,
  };
}
