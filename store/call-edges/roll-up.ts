import { PEER_KINDS, USERS } from '#telemetry/call-edge.ts';
import {
  NO_HOP,
  NO_PEER,
  type Peer,
  type SpanBatch,
  type SpanGroup,
} from '#telemetry/span-batch.ts';
import { toPgText } from '../pg-text.ts';
import { BatchSums, FAR } from './batch-sums.ts';
import { type HeldMinutes, randomId } from './hold-minutes.ts';
import { MINUTE, stepStart } from './steps.ts';
import {
  count,
  type EdgeSum,
  NewHistograms,
  newEdge,
  newService,
  type OpenEdge,
  type OpenService,
  type ServiceSum,
} from './sums.ts';

const REPORTER_APP = 0;
const REPORTER_PROXY = 1;

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;
const UNKNOWN_MODE = 0;
/** Sums of seconds within so many of a batch's first are found by a small number. */
const NEAR_SECONDS = 64;
/** Modes are less, NO_HOP included. */
const MODES = 16;
const SERVICE_KIND = PEER_KINDS.indexOf('service');
const ADDRESS_KIND = PEER_KINDS.indexOf('address');

/** Seconds whose sums are kept, so that a second is one row however many commits fill it. */
const OPEN_SECONDS = 60;
/** Of all of them together, 700 bytes each: with many edges fewer seconds are kept, … */
const OPEN_SUMS = 20_000;
/** … but those that nearly all spans of the next commit end in. */
const LEAST_OPEN_SECONDS = 4;
/** More names than this in one second, and hosts go under one name: a crawler must not fill the store with edges. */
const EDGES_PER_SECOND = 5000;
const OTHER_HOSTS = '(other hosts)';
/** Ids of names; past this the memory is begun anew. */
const MAX_NAMES = 60_000;

/** Of a batch: by its groups, by its peers. */
interface NameIds {
  readonly services: readonly number[];
  readonly peers: readonly number[];
  readonly users: number;
}

interface OpenSecond {
  /** The mark of its minute when it was opened. */
  readonly mark: bigint;
  /** Whose rows these are. A second that is opened again gets another, so that no row is ever overwritten with less. */
  readonly writer: bigint;
  readonly histograms: NewHistograms;
  readonly edges: Map<number, OpenEdge>;
  readonly services: Map<number, OpenService>;
}

/**
 * Sums of the seconds that one connection is filling. Rows hold totals, not increments: a commit writes the total of each
 * row that changed over what it wrote before. When a commit fails, `forget` drops all totals, and later spans go to rows
 * of new writers; what was committed stays as it is. So it does when a minute was packed: its rows are gone from where
 * they were, and a total over them would count them again. Whether it was, the mark says that this transaction holds.
 */
export class RollUp {
  #seconds = new Map<number, OpenSecond>();
  #names = new Map<string, number>();
  #dirtyEdges: OpenEdge[] = [];
  #dirtyServices: OpenService[] = [];
  // Which sum each kind of span of the batch at hand belongs to: spans alike are looked up once a batch.
  readonly #callSums = new BatchSums<OpenEdge>();
  readonly #requestSums = new BatchSums<OpenService>();
  readonly #userSums = new BatchSums<OpenEdge>();
  /** Of the batch's first span. */
  #baseSecond = 0;
  #held: HeldMinutes = new Map();

  /** `held` has the minutes of all of the batch's seconds, held by the transaction that will write the rows. */
  fold(batch: SpanBatch, held: HeldMinutes): void {
    this.#held = held;
    if (this.#names.size > MAX_NAMES) this.#closeAll();
    const names = {
      services: batch.groups.map((group) => this.#idOf(group.service)),
      peers: batch.peers.map((peer) => this.#idOf(peer.name)),
      users: this.#idOf(USERS),
    };
    this.#baseSecond = 0;
    this.#callSums.clear();
    this.#requestSums.clear();
    this.#userSums.clear();
    for (let i = 0; i < batch.count; i++) {
      const second = batch.endSecond[i] as number;
      if (second === 0) continue;
      if (this.#baseSecond === 0) this.#baseSecond = second;
      this.#foldSpan(batch, i, names);
    }
  }

  /** The rows that changed since they were last taken. */
  takeDirty(): { readonly edges: readonly EdgeSum[]; readonly services: readonly ServiceSum[] } {
    const dirty = { edges: this.#dirtyEdges, services: this.#dirtyServices };
    for (const sum of dirty.edges) sum.isDirty = false;
    for (const sum of dirty.services) sum.isDirty = false;
    this.#dirtyEdges = [];
    this.#dirtyServices = [];
    this.#closeOldest();
    return dirty;
  }

  forget(): void {
    this.#dirtyEdges = [];
    this.#dirtyServices = [];
    this.#seconds.clear();
  }

  #foldSpan(batch: SpanBatch, i: number, names: NameIds): void {
    const kind = batch.kind[i] as number;
    if (kind === CLIENT || kind === PRODUCER) this.#foldCall(batch, i, names);
    else if (kind === SERVER || kind === CONSUMER) {
      this.#foldRequest(batch, i, names);
      if (kind === SERVER && isRootAt(batch, i)) this.#foldUserCall(batch, i, names);
    }
  }

  #foldCall(batch: SpanBatch, i: number, names: NameIds): void {
    const peer = batch.peerOf[i] as number;
    if (peer === NO_PEER) return;
    const group = batch.groupOf[i] as number;
    const row = (group * batch.peers.length + peer) * MODES + (batch.mode[i] as number);
    const key = this.#batchKey(batch, i, row);
    let sum = this.#callSums.get(key);
    if (sum === undefined) {
      sum = this.#callSum(batch, i, names.services[group] as number, names.peers[peer] as number);
      if (key !== FAR) this.#callSums.set(key, sum);
    }
    this.#countEdge(sum, batch, i);
  }

  #foldRequest(batch: SpanBatch, i: number, names: NameIds): void {
    const group = batch.groupOf[i] as number;
    const key = this.#batchKey(batch, i, group);
    let sum = this.#requestSums.get(key);
    if (sum === undefined) {
      sum = this.#requestSum(batch, i, names.services[group] as number);
      if (key !== FAR) this.#requestSums.set(key, sum);
    }
    if (!sum.isDirty) this.#dirtyServices.push(sum);
    count(sum, batch, i);
  }

  #foldUserCall(batch: SpanBatch, i: number, names: NameIds): void {
    const group = batch.groupOf[i] as number;
    const key = this.#batchKey(batch, i, group);
    let sum = this.#userSums.get(key);
    if (sum === undefined) {
      sum = this.#edgeSum(this.#openSecond(batch.endSecond[i] as number), {
        key: edgeKey(names.users, names.services[group] as number, SERVICE_KIND, UNKNOWN_MODE),
        second: batch.endSecond[i] as number,
        client: USERS,
        server: batch.groups[group]?.service ?? '',
        serverKind: SERVICE_KIND,
        mode: UNKNOWN_MODE,
      });
      if (key !== FAR) this.#userSums.set(key, sum);
    }
    this.#countEdge(sum, batch, i);
  }

  /** What tells the sums of one batch apart, or FAR: nearly all spans of a batch end within seconds of each other. */
  #batchKey(batch: SpanBatch, i: number, row: number): number {
    const offset = (batch.endSecond[i] as number) - this.#baseSecond + NEAR_SECONDS / 2;
    return offset >= 0 && offset < NEAR_SECONDS ? row * NEAR_SECONDS + offset : FAR;
  }

  #countEdge(sum: OpenEdge, batch: SpanBatch, i: number): void {
    if (!sum.isDirty) this.#dirtyEdges.push(sum);
    count(sum, batch, i);
  }

  #callSum(batch: SpanBatch, i: number, client: number, server: number): OpenEdge {
    const peer = batch.peers[batch.peerOf[i] as number] as Peer;
    const second = batch.endSecond[i] as number;
    const open = this.#openSecond(second);
    const serverKind = PEER_KINDS.indexOf(peer.kind);
    const mode = batch.mode[i] === NO_HOP ? UNKNOWN_MODE : (batch.mode[i] as number);
    const isCrowded = open.edges.size >= EDGES_PER_SECOND && serverKind === ADDRESS_KIND;
    const serverId = isCrowded ? this.#idOf(OTHER_HOSTS) : server;
    return this.#edgeSum(open, {
      key: edgeKey(client, serverId, serverKind, mode),
      second,
      client: batch.groups[batch.groupOf[i] as number]?.service ?? '',
      server: isCrowded ? OTHER_HOSTS : peer.name,
      serverKind,
      mode,
    });
  }

  #edgeSum(
    open: OpenSecond,
    edge: Parameters<typeof newEdge>[0] & { readonly key: number },
  ): OpenEdge {
    let sum = open.edges.get(edge.key);
    if (sum === undefined) {
      sum = newEdge(edge, open);
      open.edges.set(edge.key, sum);
    }
    return sum;
  }

  #requestSum(batch: SpanBatch, i: number, service: number): OpenService {
    const group = batch.groups[batch.groupOf[i] as number] as SpanGroup;
    const reporter = group.isProxy ? REPORTER_PROXY : REPORTER_APP;
    const second = batch.endSecond[i] as number;
    const open = this.#openSecond(second);
    const key = service * 2 + reporter;
    let sum = open.services.get(key);
    if (sum === undefined) {
      sum = newService({ second, service: group.service, reporter }, open);
      open.services.set(key, sum);
    }
    return sum;
  }

  #openSecond(second: number): OpenSecond {
    const mark = this.#held.get(stepStart(second, MINUTE));
    if (mark === undefined) throw new Error(`nobody holds the minute of second ${second}`);
    let open = this.#seconds.get(second);
    if (open?.mark !== mark) {
      open = {
        mark,
        writer: randomId(),
        histograms: new NewHistograms(),
        edges: new Map(),
        services: new Map(),
      };
      this.#seconds.delete(second);
      this.#seconds.set(second, open);
    }
    return open;
  }

  /** By age of opening: a map keeps the order in which its keys came. */
  #closeOldest(): void {
    let sums = 0;
    for (const { edges, services } of this.#seconds.values()) sums += edges.size + services.size;
    for (const [second, { edges, services }] of this.#seconds) {
      const count = this.#seconds.size;
      const fits = count <= LEAST_OPEN_SECONDS || sums <= OPEN_SUMS;
      if (fits && count <= OPEN_SECONDS) return;
      this.#seconds.delete(second);
      sums -= edges.size + services.size;
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

function isRootAt(batch: SpanBatch, i: number): boolean {
  for (let k = i * 8; k < i * 8 + 8; k++) if (batch.parentIds[k] !== 0) return false;
  return true;
}
