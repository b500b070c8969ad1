import { randomBytes } from 'node:crypto';
import { PEER_KINDS, USERS } from '#telemetry/call-edge.ts';
import { bucketOf, emptyHistogram, type LatencyHistogram } from '#telemetry/latency-histogram.ts';
import { NO_HOP, type SpanBatch } from '#telemetry/span-batch.ts';
import { toPgText } from '../pg-text.ts';

const REPORTER_APP = 0;
const REPORTER_PROXY = 1;

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;
const STATUS_ERROR = 2;
const UNKNOWN_MODE = 0;
const SERVICE_KIND = PEER_KINDS.indexOf('service');
const ADDRESS_KIND = PEER_KINDS.indexOf('address');

/** Seconds whose sums are kept, so that a second is one row however many commits fill it. */
const OPEN_SECONDS = 60;
/** More names than this in one second, and hosts go under one name: a crawler must not fill the store with edges. */
const EDGES_PER_SECOND = 5000;
const OTHER_HOSTS = '(other hosts)';
/** Ids of names; past this the memory is begun anew. */
const MAX_NAMES = 60_000;

/** Totals of one row so far; `latency` grows in place. */
interface Sum {
  readonly second: number;
  readonly writer: bigint;
  calls: number;
  errors: number;
  readonly latency: LatencyHistogram;
}

export interface EdgeSum extends Sum {
  readonly client: string;
  readonly server: string;
  readonly serverKind: number;
  readonly mode: number;
}

export interface ServiceSum extends Sum {
  readonly service: string;
  readonly reporter: number;
}

interface OpenSecond {
  /** Whose rows these are. A second that is opened again gets another, so that no row is ever overwritten with less. */
  readonly writer: bigint;
  readonly edges: Map<number, EdgeSum>;
  readonly services: Map<number, ServiceSum>;
}

/**
 * Sums of the seconds that one connection is filling. Rows hold totals, not increments: a commit writes the total of each
 * row that changed over what it wrote before. When a commit fails, `forget` drops all totals, and later spans go to rows
 * of new writers; what was committed stays as it is.
 */
export class RollUp {
  #seconds = new Map<number, OpenSecond>();
  #names = new Map<string, number>();
  readonly #dirtyEdges = new Set<EdgeSum>();
  readonly #dirtyServices = new Set<ServiceSum>();

  fold(batch: SpanBatch): void {
    if (this.#names.size > MAX_NAMES) this.#closeAll();
    const services = batch.groups.map((group) => this.#idOf(group.service));
    const peers = batch.peers.map((peer) => this.#idOf(peer.name));
    const users = this.#idOf(USERS);
    for (let i = 0; i < batch.count; i++) {
      if (batch.endSecond[i] === 0) continue;
      const service = services[batch.groupOf[i] as number] as number;
      const kind = batch.kind[i] as number;
      if (kind === CLIENT || kind === PRODUCER) this.#foldCall(batch, i, service, peers);
      else if (kind === SERVER || kind === CONSUMER) this.#foldRequest(batch, i, service, users);
    }
  }

  /** The rows that changed since they were last taken. */
  takeDirty(): { readonly edges: readonly EdgeSum[]; readonly services: readonly ServiceSum[] } {
    const dirty = { edges: [...this.#dirtyEdges], services: [...this.#dirtyServices] };
    this.#dirtyEdges.clear();
    this.#dirtyServices.clear();
    this.#closeOldest();
    return dirty;
  }

  forget(): void {
    this.#dirtyEdges.clear();
    this.#dirtyServices.clear();
    this.#seconds.clear();
  }

  #foldCall(batch: SpanBatch, i: number, client: number, peers: readonly number[]): void {
    const peer = batch.peers[batch.peerOf[i] as number];
    if (peer === undefined) return;
    const second = batch.endSecond[i] as number;
    const server = peers[batch.peerOf[i] as number] as number;
    const serverKind = PEER_KINDS.indexOf(peer.kind);
    const mode = batch.mode[i] === NO_HOP ? UNKNOWN_MODE : (batch.mode[i] as number);
    const open = this.#openSecond(second);
    const isCrowded = open.edges.size >= EDGES_PER_SECOND && serverKind === ADDRESS_KIND;
    const serverName = isCrowded ? OTHER_HOSTS : peer.name;
    const serverId = isCrowded ? this.#idOf(OTHER_HOSTS) : server;
    const clientName = batch.groups[batch.groupOf[i] as number]?.service ?? '';
    this.#addEdge(batch, i, open, second, {
      key: edgeKey(client, serverId, serverKind, mode),
      client: clientName,
      server: serverName,
      serverKind,
      mode,
    });
  }

  #foldRequest(batch: SpanBatch, i: number, service: number, users: number): void {
    const second = batch.endSecond[i] as number;
    this.#addRequest(batch, i, second, service);
    if (batch.kind[i] === SERVER && isRootAt(batch, i)) {
      this.#addUserCall(batch, i, second, users, service);
    }
  }

  #addUserCall(batch: SpanBatch, i: number, second: number, users: number, server: number): void {
    this.#addEdge(batch, i, this.#openSecond(second), second, {
      key: edgeKey(users, server, SERVICE_KIND, UNKNOWN_MODE),
      client: USERS,
      server: batch.groups[batch.groupOf[i] as number]?.service ?? '',
      serverKind: SERVICE_KIND,
      mode: UNKNOWN_MODE,
    });
  }

  #addEdge(
    batch: SpanBatch,
    i: number,
    open: OpenSecond,
    second: number,
    edge: { key: number; client: string; server: string; serverKind: number; mode: number },
  ): void {
    let sum = open.edges.get(edge.key);
    if (sum === undefined) {
      sum = {
        ...newSum(second, open.writer),
        client: toPgText(edge.client),
        server: toPgText(edge.server),
        serverKind: edge.serverKind,
        mode: edge.mode,
      };
      open.edges.set(edge.key, sum);
    }
    count(sum, batch, i);
    this.#dirtyEdges.add(sum);
  }

  #addRequest(batch: SpanBatch, i: number, second: number, service: number): void {
    const group = batch.groups[batch.groupOf[i] as number];
    if (group === undefined) return;
    const reporter = group.isProxy ? REPORTER_PROXY : REPORTER_APP;
    const open = this.#openSecond(second);
    const key = service * 2 + reporter;
    let sum = open.services.get(key);
    if (sum === undefined) {
      sum = { ...newSum(second, open.writer), service: toPgText(group.service), reporter };
      open.services.set(key, sum);
    }
    count(sum, batch, i);
    this.#dirtyServices.add(sum);
  }

  #openSecond(second: number): OpenSecond {
    let open = this.#seconds.get(second);
    if (open === undefined) {
      open = { writer: newWriter(), edges: new Map(), services: new Map() };
      this.#seconds.set(second, open);
    }
    return open;
  }

  /** By age of opening: a map keeps the order in which its keys came. */
  #closeOldest(): void {
    for (const second of this.#seconds.keys()) {
      if (this.#seconds.size <= OPEN_SECONDS) return;
      this.#seconds.delete(second);
    }
  }

  #closeAll(): void {
    this.#seconds = new Map();
    this.#names = new Map();
  }

  /** Names that PostgreSQL would not tell apart share a row, and so an id. */
  #idOf(fullName: string): number {
    const name = toPgText(fullName);
    let id = this.#names.get(name);
    if (id === undefined) {
      id = this.#names.size;
      this.#names.set(name, id);
    }
    return id;
  }
}

/** One exact number: 17 bits a name, 2 the kind, 3 the mode. */
function edgeKey(client: number, server: number, kind: number, mode: number): number {
  return ((client * 131_072 + server) * 4 + kind) * 8 + mode;
}

function newSum(second: number, writer: bigint): Sum {
  return { second, writer, calls: 0, errors: 0, latency: emptyHistogram() };
}

function count(sum: Sum, batch: SpanBatch, i: number): void {
  sum.calls++;
  if (batch.status[i] === STATUS_ERROR) sum.errors++;
  const bucket = bucketOf(batch.durationNs[i] as number);
  sum.latency[bucket] = (sum.latency[bucket] as number) + 1;
}

function isRootAt(batch: SpanBatch, i: number): boolean {
  for (let k = i * 8; k < i * 8 + 8; k++) if (batch.parentIds[k] !== 0) return false;
  return true;
}

/** 63 random bits. */
function newWriter(): bigint {
  return randomBytes(8).readBigUInt64BE() >> 1n;
}
