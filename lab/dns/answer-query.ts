import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  type DecodedPacket,
  type Packet,
  type Question,
  RECURSION_DESIRED,
} from 'dns-packet';
import { type DnsFault, faultFor } from '#lab/dns/dns-fault.ts';
import { isInZone, nameExists, type Zone } from '#lab/dns/zone.ts';

/** RFC 1035 §4.1.1, RFC 6895 §2.3. */
export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  /** Its upper bits travel in the OPT record (RFC 6891 §6.1.3). */
  BADVERS: 16,
} as const;
export type ResponseCode = keyof typeof RCODE;

export interface QueryContext {
  /** Undefined until the registry has spoken. */
  readonly zone: Zone | undefined;
  readonly origin: string;
  readonly faults: readonly DnsFault[];
  readonly ttlSeconds: number;
  /** Turns the order of addresses, so that clients which take the first one spread. */
  readonly turn: number;
}

export interface QueryAnswer {
  readonly name: string;
  readonly code: ResponseCode;
  readonly response: Packet;
}

/** A negative answer is believed for no longer than this (SOA minimum, RFC 2308 §4). */
const NEGATIVE_TTL_SECONDS = 1;
const OPCODE_MASK = 0x78_00;
const UDP_PAYLOAD_BYTES = 1232;

/** What to say to `query`; undefined for silence. Pure. */
export function answerQuery(query: DecodedPacket, context: QueryContext): QueryAnswer | undefined {
  const [question] = query.questions ?? [];
  const name = question?.name.toLowerCase() ?? '';
  const refused = refusalOf(query, context.origin);
  if (refused !== undefined || question === undefined)
    return respond(query, name, refused ?? 'FORMERR');
  const fault = faultFor(context.faults, name);
  if (fault?.kind === 'timeout') return undefined;
  // Without a zone, "no such name" would be a lie that clients cache.
  if (fault?.kind === 'servfail' || context.zone === undefined)
    return respond(query, name, 'SERVFAIL');
  return answerFromZone(query, question, context.zone, context, fault);
}

/** Why a query is not for this server at all. */
function refusalOf(query: DecodedPacket, origin: string): ResponseCode | undefined {
  const questions = query.questions ?? [];
  if (((query.flags ?? 0) & OPCODE_MASK) !== 0) return 'NOTIMP';
  if (questions.length !== 1) return 'FORMERR';
  if (ednsVersion(query) > 0) return 'BADVERS';
  const isOurs = questions.every(
    (question) =>
      isInZone(question.name.toLowerCase(), origin) && (question.class ?? 'IN') === 'IN',
  );
  return isOurs ? undefined : 'REFUSED';
}

function answerFromZone(
  query: DecodedPacket,
  question: Question,
  zone: Zone,
  context: QueryContext,
  fault: DnsFault | undefined,
): QueryAnswer {
  const name = question.name.toLowerCase();
  const soa = soaOf(zone);
  if (fault?.kind === 'nxdomain' || !nameExists(zone, name))
    return respond(query, name, 'NXDOMAIN', [], [soa]);
  const answers = fault?.kind === 'empty' ? [] : recordsFor(question, zone, context);
  return respond(query, name, 'NOERROR', answers, answers.length === 0 ? [soa] : []);
}

function recordsFor(question: Question, zone: Zone, context: QueryContext): readonly Answer[] {
  const name = question.name.toLowerCase();
  const ttl = context.ttlSeconds;
  if (question.type === 'SOA' && name === zone.origin) return [soaOf(zone)];
  if (question.type === 'NS' && name === zone.origin)
    return [{ type: 'NS', name: question.name, ttl, data: `ns.${zone.origin}` }];
  if (question.type === 'A')
    return turned(zone.addresses.get(name) ?? [], context.turn).map((data) => ({
      type: 'A',
      name: question.name,
      ttl,
      data,
    }));
  if (question.type === 'SRV')
    return turned(zone.targets.get(name) ?? [], context.turn).map(({ target, port }) => ({
      type: 'SRV',
      name: question.name,
      ttl,
      data: { target, port, priority: 0, weight: 1 },
    }));
  return [];
}

function respond(
  query: DecodedPacket,
  name: string,
  code: ResponseCode,
  answers: readonly Answer[] = [],
  authorities: readonly Answer[] = [],
): QueryAnswer {
  const rcode = RCODE[code];
  const isAuthoritative = code === 'NOERROR' || code === 'NXDOMAIN';
  return {
    name,
    code,
    response: {
      id: query.id ?? 0,
      type: 'response',
      flags:
        (isAuthoritative ? AUTHORITATIVE_ANSWER : 0) |
        ((query.flags ?? 0) & RECURSION_DESIRED) |
        (rcode & 0xf),
      questions: query.questions ?? [],
      answers: [...answers],
      authorities: [...authorities],
      additionals: optOf(query) === undefined ? [] : [optFor(rcode >> 4)],
    },
  };
}

function optOf(query: DecodedPacket): (Answer & { readonly type: 'OPT' }) | undefined {
  return query.additionals?.find((record) => record.type === 'OPT');
}

function ednsVersion(query: DecodedPacket): number {
  return optOf(query)?.ednsVersion ?? 0;
}

/** How many bytes of UDP the asker takes (RFC 6891 §6.2.3); 512 without EDNS. */
export function udpLimitBytes(query: DecodedPacket): number {
  const stated = optOf(query)?.udpPayloadSize ?? 512;
  return Math.min(Math.max(stated, 512), UDP_PAYLOAD_BYTES);
}

function optFor(extendedRcode: number): Answer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: UDP_PAYLOAD_BYTES,
    extendedRcode,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
}

function soaOf(zone: Zone): Answer {
  return {
    type: 'SOA',
    name: zone.origin,
    ttl: NEGATIVE_TTL_SECONDS,
    data: {
      mname: `ns.${zone.origin}`,
      rname: `hostmaster.${zone.origin}`,
      serial: zone.serial,
      refresh: 60,
      retry: 10,
      expire: 600,
      minimum: NEGATIVE_TTL_SECONDS,
    },
  };
}

function turned<T>(list: readonly T[], turn: number): readonly T[] {
  const start = list.length === 0 ? 0 : turn % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
}
