import type { PeerKind } from '../call-edge.ts';
import { inferRoutingMode, type RoutingEvidence } from '../infer-routing-mode.ts';
import { routingModeCode } from '../routing-mode.ts';
import { NO_HOP, type Peer } from '../span-batch.ts';
import type { AttributeScan } from './attribute-scan.ts';
import { hashBytes, hashNumber } from './hash-bytes.ts';
import { KNOWN_KEYS, type KnownKey, keyNumber } from './known-keys.ts';
import { decodeUtf8 } from './string-table.ts';
import type { WireReader } from './wire-reader.ts';

/** What the resource of a run of spans says about its sender. */
export interface SenderFacts {
  readonly isProxy: boolean;
  readonly isIstio: boolean;
  readonly isLinkerd: boolean;
}

/** The client span at hand: its walked attributes, its reader, its sender, and where its status message stands. */
export interface HopSpan {
  readonly scan: AttributeScan;
  readonly reader: WireReader;
  readonly sender: SenderFacts;
  readonly messageFrom: number;
  readonly messageTo: number;
}

export interface Hop {
  /** Index in ROUTING_MODES, or NO_HOP. */
  readonly mode: number;
  /** A `dns.lookup` span beside the hop would decide: nothing stronger did. */
  readonly yieldsToDnsLookup: boolean;
}

/** How a key's value is evidence of the routing mode. */
const IGNORED = 0;
/** It counts as it stands. */
const EXACT = 1;
/** It counts by its kind alone, or the memory would never hit. */
const ADDRESS = 2;
const URL = 3;
const EVIDENCE_OF_KEY = new Uint8Array(KNOWN_KEYS.length);
const EVIDENCE: readonly (readonly [kind: number, keys: readonly KnownKey[]])[] = [
  [
    EXACT,
    [
      'mesh.routing.mode',
      'mesh.routing.source',
      'mesh.xds.connected',
      'error.type',
      'grpc.target',
      'rpc.target',
      'upstream_cluster',
      'upstream_cluster.name',
      'response_flags',
      'component',
      'grpc.lb.backend_service',
      'grpc.lb.locality',
      'rpc.system',
      'server.port',
      'net.peer.port',
    ],
  ],
  [ADDRESS, ['server.address', 'net.peer.name', 'network.peer.address', 'net.sock.peer.addr']],
  [URL, ['url.full', 'http.url']],
];
for (const [kind, keys] of EVIDENCE) {
  for (const key of keys) EVIDENCE_OF_KEY[keyNumber(key)] = kind;
}
const PEER_KEYS = (
  [
    'service.peer.name',
    'peer.service',
    'db.namespace',
    'db.name',
    'db.system.name',
    'db.system',
    'messaging.destination.name',
    'messaging.system',
    'server.address',
    'net.peer.name',
    'server.port',
    'net.peer.port',
    'rpc.service',
  ] as const
).map(keyNumber);
const NETWORK_PEER_KEYS = (
  ['network.peer.address', 'net.sock.peer.addr', 'network.peer.port'] as const
).map(keyNumber);
const NAMED_PEER_KEYS = PEER_KEYS.filter((key) => key !== keyNumber('server.port'));

/** The rule from which on a DNS lookup seen beside the span knows better: infer-routing-mode.ts, rule 14. */
const DNS_LOOKUP_RULE = 14;
/** A power of two. */
const MEMORY_SLOTS = 8192;
const NO_KEY = -1;

/** Of judgements: each key has one place, which the newest holds. A Map of such large numbers asks V8's runtime each time. */
class Memory<T> {
  readonly #keys = new Float64Array(MEMORY_SLOTS).fill(NO_KEY);
  readonly #values: (T | undefined)[] = new Array(MEMORY_SLOTS).fill(undefined);

  has(key: number): boolean {
    return this.#keys[slotOf(key)] === key;
  }

  /** Of a key that it has. */
  get(key: number): T | undefined {
    return this.#values[slotOf(key)];
  }

  set(key: number, value: T): void {
    this.#keys[slotOf(key)] = key;
    this.#values[slotOf(key)] = value;
  }
}

/** The lower bits are those of a hash. */
function slotOf(key: number): number {
  return (key >>> 0) & (MEMORY_SLOTS - 1);
}

/** Finds how each client span's callee was found and who it is; spans alike are judged once. */
export class HopResolver {
  readonly #modes = new Memory<Hop>();
  readonly #peers = new Memory<Peer | undefined>();

  hop(span: HopSpan): Hop {
    const key = modeKey(span);
    const known = this.#modes.has(key) ? this.#modes.get(key) : undefined;
    if (known !== undefined) return known;
    const hop = judge(span);
    this.#modes.set(key, hop);
    return hop;
  }

  peer(span: HopSpan): Peer | undefined {
    const key = peerKey(span.scan);
    if (this.#peers.has(key)) return this.#peers.get(key);
    const peer = toPeer(span);
    this.#peers.set(key, peer);
    return peer;
  }
}

/** Two 32-bit hashes in one exact number: 53 bits. */
function pairKey(first: number, second: number): number {
  return (first >>> 0) * 2_097_152 + (second >>> 11);
}

function modeKey(span: HopSpan): number {
  const { scan, sender } = span;
  let first = (sender.isProxy ? 1 : 0) | (sender.isIstio ? 2 : 0) | (sender.isLinkerd ? 4 : 0);
  let second = first;
  for (let i = 0; i < scan.seenCount; i++) {
    const key = scan.seenAt(i);
    const evidence = EVIDENCE_OF_KEY[key] as number;
    if (evidence === IGNORED) continue;
    // The key's number too: a kind, unlike a hash, does not say whose value it is.
    const value = Math.imul(evidenceHash(span, key, evidence) + key, 0x9e3779b1);
    first = (Math.imul(first, 0x01000193) ^ value) | 0;
    second = (Math.imul(second, 0x85ebca6b) + value) | 0;
  }
  const message = messageHash(span);
  return pairKey(first ^ message, (Math.imul(second, 0x85ebca6b) + message) | 0);
}

function evidenceHash(span: HopSpan, key: number, evidence: number): number {
  if (evidence === EXACT) return span.scan.hashOf(key);
  return evidence === ADDRESS ? addressKind(span, key) : schemeHash(span, key);
}

function peerKey(scan: AttributeScan): number {
  let first = 0;
  let second = 0;
  let named = false;
  for (const key of PEER_KEYS) {
    const hash = scan.hashOf(key);
    named ||= hash !== 0;
    first = (Math.imul(first, 0x01000193) ^ hash) | 0;
    second = (Math.imul(second, 0x85ebca6b) + hash) | 0;
  }
  // The real endpoint names the callee only where nothing better does; it differs from call to call.
  if (named && NAMED_PEER_KEYS.some((key) => scan.has(key))) return pairKey(first, second);
  for (const key of NETWORK_PEER_KEYS) {
    first = (Math.imul(first, 0x01000193) ^ scan.hashOf(key)) | 0;
    second = (Math.imul(second, 0x85ebca6b) + scan.hashOf(key)) | 0;
  }
  return pairKey(first, second);
}

const NO_ADDRESS = 0;
const LOOPBACK_V4 = 1;
const DIGITS_AND_DOTS = 2;
const HAS_COLON = 3;
const LOCALHOST = 4;
const HOST_NAME = 5;

/** What inferRoutingMode asks of an address, without making a string of it. */
function addressKind({ scan, reader }: HopSpan, key: number): number {
  const range = scan.range(key);
  if (range === undefined || range.from === range.to) return NO_ADDRESS;
  const { from, to } = range;
  const kind = charactersKind(reader, from, to);
  if (kind === HOST_NAME) return isLocalhost(reader, from, to) ? LOCALHOST : HOST_NAME;
  if (kind === HAS_COLON || to - from <= 4) return kind;
  return reader.view.getUint32(from, true) === LOOPBACK_PREFIX ? LOOPBACK_V4 : kind;
}

function charactersKind(reader: WireReader, from: number, to: number): number {
  let kind = DIGITS_AND_DOTS;
  for (let at = from; at < to; at++) {
    const byte = reader.bytes[at] as number;
    if (byte === 0x3a) return HAS_COLON;
    if (byte !== 0x2e && (byte < 0x30 || byte > 0x39)) kind = HOST_NAME;
  }
  return kind;
}

function isLocalhost(reader: WireReader, from: number, to: number): boolean {
  return to - from === 9 && decodeUtf8(reader.bytes, from, to) === 'localhost';
}

/** '127.' as four bytes. */
const LOOPBACK_PREFIX = 0x2e373231;

function schemeHash({ scan, reader }: HopSpan, key: number): number {
  const range = scan.range(key);
  if (range === undefined) return 0;
  let to = range.from;
  while (to < range.to && reader.bytes[to] !== 0x3a) to++;
  return hashBytes(reader.bytes, reader.view, range.from, to, 7);
}

function messageHash({ reader, messageFrom, messageTo }: HopSpan): number {
  if (messageFrom === messageTo) return 0;
  return hashBytes(reader.bytes, reader.view, messageFrom, messageTo, 11);
}

function judge(span: HopSpan): Hop {
  const inferred = inferRoutingMode(toEvidence(span));
  return {
    mode: inferred.toSidecar ? NO_HOP : routingModeCode(inferred.mode),
    yieldsToDnsLookup: inferred.rule > DNS_LOOKUP_RULE && !inferred.toSidecar,
  };
}

function toEvidence(span: HopSpan): RoutingEvidence {
  const { scan, reader, sender } = span;
  const read = (...names: readonly KnownKey[]): string | undefined => {
    for (const name of names) {
      const text = scan.text(reader, name);
      if (text !== undefined) return text;
    }
    return undefined;
  };
  const connected = read('mesh.xds.connected');
  const port = read('server.port', 'net.peer.port');
  return withoutUndefined({
    statedMode: read('mesh.routing.mode'),
    statedSource: read('mesh.routing.source'),
    connected: connected === undefined ? undefined : connected === 'true',
    errorType: read('error.type'),
    grpcTarget: read('grpc.target', 'rpc.target'),
    urlFull: read('url.full', 'http.url'),
    upstreamCluster: read('upstream_cluster', 'upstream_cluster.name'),
    responseFlags: read('response_flags'),
    statusMessage: messageOf(span),
    isProxy: sender.isProxy || read('component') === 'proxy',
    isIstio: sender.isIstio,
    isLinkerd: sender.isLinkerd,
    lbBackendService: read('grpc.lb.backend_service'),
    lbLocality: read('grpc.lb.locality'),
    rpcSystem: read('rpc.system'),
    serverAddress: read('server.address', 'net.peer.name'),
    serverPort: port === undefined ? undefined : Number(port),
    networkPeerAddress: read('network.peer.address', 'net.sock.peer.addr'),
  });
}

function messageOf({ reader, messageFrom, messageTo }: HopSpan): string | undefined {
  return messageFrom === messageTo ? undefined : decodeUtf8(reader.bytes, messageFrom, messageTo);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}

/** The callee by the first name that is there: the service, else the database, else the queue, else the address. */
function toPeer(span: HopSpan): Peer | undefined {
  const read = (name: KnownKey): string | undefined =>
    span.scan.text(span.reader, name) || undefined;
  const service = read('service.peer.name') ?? read('peer.service');
  const host = read('server.address') ?? read('net.peer.name');
  const address = withPort(host, read('server.port') ?? read('net.peer.port'));
  const endpoint = withPort(
    read('network.peer.address') ?? read('net.sock.peer.addr'),
    read('network.peer.port'),
  );
  const database =
    read('db.namespace') ?? read('db.name') ?? read('db.system.name') ?? read('db.system');
  if (database !== undefined) return peerOf(service ?? host ?? endpoint ?? database, 'database');
  const queue = read('messaging.destination.name') ?? read('messaging.system');
  if (service !== undefined) return peerOf(service, 'service');
  if (queue !== undefined) return peerOf(queue, 'messaging');
  return peerOf(address ?? read('rpc.service') ?? endpoint, 'address');
}

function peerOf(name: string | undefined, kind: PeerKind): Peer | undefined {
  return name === undefined ? undefined : { name, kind };
}

function withPort(host: string | undefined, port: string | undefined): string | undefined {
  return host === undefined || port === undefined ? host : `${host}:${port}`;
}

/** Of a batch's dns.lookup spans: the spans that they are children or siblings of. */
export function spanKey(ids: Uint8Array, index: number): number {
  const view = new DataView(ids.buffer, ids.byteOffset + index * 8, 8);
  return pairKey(hashNumber(view.getUint32(0), 1), view.getUint32(4));
}
