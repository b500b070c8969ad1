import { hasClientChanged, hasServerChanged } from '#analysis/control-plane/has-changed.ts';
import type { ServerView, XdsClient } from '#analysis/control-plane/xds-client.ts';
import { FAILURE_WINDOW_SECONDS } from '#analysis/incident/find-failures.ts';
import type { Incident } from '#analysis/incident/incident.ts';
import {
  type ClosedSecond,
  countCalls,
  judgeSecond,
  noteShifts,
} from '#analysis/incident/open-incidents.ts';
import { detectNewShift, detectRoutingShift } from '#analysis/routing/detect-routing-shift.ts';
import type { RoutingShift } from '#analysis/routing/routing-shift.ts';
import { readCallEdgeSeconds, readCallEdges } from '#store/call-edges/read-call-edges.ts';
import type { Database } from '#store/client.ts';
import { readServerViewAt } from '#store/control-plane/read-control-plane.ts';
import { readXdsClientsAt } from '#store/control-plane/read-xds-clients.ts';
import { readNewestIncident } from '#store/incidents/read-incidents.ts';
import { readJudgedSecond } from '#store/read-judged-second.ts';
import { readRoutingShifts } from '#store/routing-shifts/read-routing-shifts.ts';
import { writeJudgement, writeNewShifts } from '#store/write-judgement.ts';
import type { CallEdgeSecond } from '#telemetry/call-edge.ts';
import {
  endOfSecond,
  fromUnixMs,
  secondOf,
  startOfSecond,
  type UnixNano,
  type UnixSecond,
  unixSecond,
} from '#telemetry/time.ts';
import { type ControlPlaneFacts, ControlPlaneReader } from './control-plane-reader.ts';
import {
  findShifts,
  type MeshRouting,
  mergeShifts,
  shiftsLately,
  toMeshRouting,
  turningEdges,
} from './find-shifts.ts';

/** Detour was off for longer: what happened meanwhile is looked at, not judged. */
const MAX_CATCH_UP_SECONDS = 900;
/** Spans come late, and an ingester that was down brings its senders' queues: seconds so young are read again. */
const READ_AGAIN_SECONDS = 10;
const SHIFT_MEMORY_SECONDS = 3600;
/** The one under way, the one before it that is late, and clocks that are ahead. */
const MAX_OPEN_SECONDS = 4;

/** What the judge knows of earlier seconds: all of it can be read from the store again. */
interface Memory {
  judgedSecond: UnixSecond;
  edges: readonly CallEdgeSecond[];
  edgesReadUpTo: number;
  /** Of `edges`, as last judged. */
  routing: MeshRouting;
  clients: readonly XdsClient[];
  /** As it stood at the end of the last judged second; undefined before the first. */
  facts: ControlPlaneFacts | undefined;
  /** As last written: a state is written when it differs from this one. */
  written: ReadonlyMap<string, XdsClient>;
  server: ServerView | undefined;
  shifts: readonly RoutingShift[];
  incident: Incident | undefined;
  /** The newest incident, if it is resolved, ended then. */
  quietSinceUnixNano: UnixNano | undefined;
  lastNumber: number;
}

/**
 * Judges closed seconds in order, each in one transaction with the mark up to where it got, and between them looks at the
 * open ones. One call at a time.
 */
export class SecondJudge {
  readonly #db: Database;
  readonly #nowMs: () => number;
  readonly #controlPlane: ControlPlaneReader;
  readonly #memory: Memory;

  private constructor(db: Database, nowMs: () => number, memory: Memory) {
    this.#db = db;
    this.#nowMs = nowMs;
    this.#controlPlane = new ControlPlaneReader(db);
    this.#memory = memory;
  }

  /** Goes on behind the last judged second. `nowMs` dates what is found. */
  static async resume(db: Database, nowMs: () => number): Promise<SecondJudge> {
    return new SecondJudge(db, nowMs, await recall(db, nowMs()));
  }

  get judgedSecond(): UnixSecond {
    return this.#memory.judgedSecond;
  }

  async judge(second: UnixSecond): Promise<void> {
    const memory = this.#memory;
    const edges = await this.#readEdges(second);
    const recent = edges.filter((edge) => edge.second > second - 5);
    const facts = await this.#controlPlane.read(second, memory, recent);
    const routing = toMeshRouting(edges);
    const shifts = findShifts(detectRoutingShift, routing, memory.shifts, this.#nowMs());
    const allShifts = mergeShifts(memory.shifts, shifts);
    const judged = judgeSecond(this.#closedSecond(second, facts, allShifts));
    const incident = await this.#counted(judged, second);
    const clients = changedClients(facts, memory.written);
    const server = facts.view.server;
    const serverChanged =
      server.lastReportUnixNano !== undefined && hasServerChanged(memory.server, server);
    await writeJudgement(this.#db, {
      second,
      controlPlane: { clients, server: serverChanged ? server : undefined, dns: facts.dns },
      shifts,
      incident,
    });
    // Only now: a second that could not be written is judged again from the same memory.
    memory.judgedSecond = second;
    memory.routing = routing;
    memory.clients = facts.view.clients;
    memory.facts = facts;
    memory.written = new Map([
      ...memory.written,
      ...clients.map((client) => [client.id, client] as const),
    ]);
    memory.server = serverChanged ? server : memory.server;
    memory.shifts = allShifts;
    memory.lastNumber = Math.max(memory.lastNumber, incident?.number ?? 0);
    const isOver = incident?.state === 'resolved';
    memory.incident = isOver ? undefined : incident;
    memory.quietSinceUnixNano = isOver ? incident.endUnixNano : memory.quietSinceUnixNano;
  }

  /**
   * Looks at what the seconds that are not closed yet have shown so far: a service that turns altogether has turned,
   * whatever else its second may bring.
   */
  async watchOpenSeconds(): Promise<void> {
    const memory = this.#memory;
    const { judgedSecond, facts } = memory;
    // What was before is read with the first second to be judged.
    if (facts === undefined) return;
    const open = await readCallEdgeSeconds(this.#db, {
      startUnixNano: endOfSecond(judgedSecond),
      endUnixNano: startOfSecond(unixSecond(judgedSecond + 1 + MAX_OPEN_SECONDS)),
    });
    const turning = turningEdges(memory.routing, toMeshRouting(open));
    const shifts = findShifts(detectNewShift, turning, memory.shifts, this.#nowMs());
    if (shifts.length === 0) return;
    const allShifts = mergeShifts(memory.shifts, shifts);
    const incident = noteShifts(this.#closedSecond(judgedSecond, facts, allShifts));
    await writeNewShifts(this.#db, shifts, incident);
    memory.shifts = allShifts;
    memory.incident = incident ?? memory.incident;
  }

  #closedSecond(
    second: UnixSecond,
    facts: ControlPlaneFacts,
    shifts: readonly RoutingShift[],
  ): ClosedSecond {
    const { edges, incident, quietSinceUnixNano, lastNumber } = this.#memory;
    return {
      second,
      edges,
      controlPlane: facts.view,
      dnsFailingSinceUnixNano: facts.dns?.failingSinceUnixNano,
      shifts: shiftsLately(shifts, incident, second),
      current: incident,
      quietSinceUnixNano,
      nextNumber: lastNumber + 1,
    };
  }

  /** Where an incident turns, its calls are counted anew: spans that came late are in the store by then. */
  async #counted(
    incident: Incident | undefined,
    second: UnixSecond,
  ): Promise<Incident | undefined> {
    if (incident === undefined || incident.state === this.#memory.incident?.state) return incident;
    const edges = await readCallEdges(this.#db, {
      startUnixNano: startOfSecond(secondOf(incident.startUnixNano)),
      endUnixNano: endOfSecond(second),
    });
    return { ...incident, ...countCalls(edges) };
  }

  async #readEdges(second: UnixSecond): Promise<readonly CallEdgeSecond[]> {
    const memory = this.#memory;
    const from = Math.min(memory.edgesReadUpTo + 1, second - READ_AGAIN_SECONDS);
    const fresh = await readCallEdgeSeconds(this.#db, {
      startUnixNano: startOfSecond(unixSecond(from)),
      endUnixNano: endOfSecond(second),
    });
    const kept = memory.edges.filter(
      (edge) => edge.second < from && edge.second > second - FAILURE_WINDOW_SECONDS,
    );
    memory.edges = [...kept, ...fresh];
    memory.edgesReadUpTo = second;
    return memory.edges;
  }
}

async function recall(db: Database, nowMs: number): Promise<Memory> {
  const judgedSecond = await startAfter(db, nowMs);
  const at = endOfSecond(judgedSecond);
  const [clients, server, newest] = await Promise.all([
    readXdsClientsAt(db, at),
    readServerViewAt(db, at),
    readNewestIncident(db),
  ]);
  const incident = newest?.state === 'resolved' ? undefined : newest;
  const since = incident === undefined ? judgedSecond : secondOf(incident.startUnixNano);
  const shifts = await readRoutingShifts(db, {
    startUnixNano: startOfSecond(unixSecond(since - SHIFT_MEMORY_SECONDS)),
    endUnixNano: at,
  });
  return {
    judgedSecond,
    edges: [],
    edgesReadUpTo: judgedSecond - FAILURE_WINDOW_SECONDS,
    routing: new Map(),
    clients,
    facts: undefined,
    written: new Map(clients.map((client) => [client.id, client])),
    server,
    shifts,
    incident,
    quietSinceUnixNano: newest?.endUnixNano,
    lastNumber: newest?.number ?? 0,
  };
}

/** Behind the last judged second; at first, or after a long pause, a quarter of an hour ago: or where telemetry begins. */
async function startAfter(db: Database, nowMs: number): Promise<UnixSecond> {
  const clock = Math.floor(nowMs / 1000);
  const earliest = clock - MAX_CATCH_UP_SECONDS;
  const judged = await readJudgedSecond(db);
  if (judged !== undefined && judged >= earliest) return judged;
  const edges = await readCallEdgeSeconds(db, {
    startUnixNano: startOfSecond(unixSecond(earliest)),
    endUnixNano: fromUnixMs(nowMs),
  });
  const first = edges[0]?.second;
  return unixSecond((first ?? clock - 1) - 1);
}

function changedClients(
  facts: ControlPlaneFacts,
  written: ReadonlyMap<string, XdsClient>,
): readonly XdsClient[] {
  return facts.view.clients.filter((client) => hasClientChanged(written.get(client.id), client));
}
