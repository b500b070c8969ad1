import type { Entry } from '#lab/control-plane/view.ts';
import type { Any, Duration, WrappedResource } from '#lab/xds/discovery.ts';
import { encodeMessage } from '#lab/xds/protos.ts';
import { TYPE_URL } from '#lab/xds/type-urls.ts';
import type { XdsType } from '#telemetry/xds-type.ts';

const RESPONSE = 'envoy.service.discovery.v3.DiscoveryResponse';
const DELTA_RESPONSE = 'envoy.service.discovery.v3.DeltaDiscoveryResponse';
const WRAPPED = 'envoy.service.discovery.v3.Resource';
/** Field 5 of both responses, length-delimited (wire type 2). */
const NONCE_TAG = (5 << 3) | 2;
const VARINT_LIMIT = 0x80;
/** A few publications' worth of different answers. */
const SHARED_LIMIT = 256;

export interface ResponseContent {
  readonly type: XdsType;
  readonly version: number;
  readonly identifier: string;
  readonly entries: readonly Entry[];
  /** Told in the delta dialect only; the other leaves a name out. */
  readonly removed: readonly string[];
  /** Each resource is to be forgotten after so long without another word of it. */
  readonly ttlSeconds: number | undefined;
  /** Only the word, not the content again. */
  readonly heartbeat: boolean;
}

/**
 * Encodes responses. A thousand clients with the same subscription get the same bytes but for the nonce, and an encoded
 * protobuf message may be written in pieces, field by field, in any order: so the common part is encoded once.
 */
export class ResponseEncoder {
  readonly #shared = new Map<string, Buffer>();

  sotw(content: ResponseContent, nonce: string): Buffer {
    return this.#finish(`s ${keyOf(content)}`, nonce, () =>
      encodeMessage(RESPONSE, {
        version_info: `${content.version}`,
        type_url: TYPE_URL[content.type],
        control_plane: { identifier: content.identifier },
        resources: content.entries.map((entry) =>
          content.ttlSeconds === undefined ? entry.any : packWrapped(entry, content),
        ),
      }),
    );
  }

  delta(content: ResponseContent, nonce: string): Buffer {
    return this.#finish(`d ${keyOf(content)}`, nonce, () =>
      encodeMessage(DELTA_RESPONSE, {
        system_version_info: `${content.version}`,
        type_url: TYPE_URL[content.type],
        control_plane: { identifier: content.identifier },
        removed_resources: content.removed,
        resources: content.entries.map((entry) => toWrapped(entry, content)),
      }),
    );
  }

  #finish(key: string, nonce: string, encode: () => Uint8Array): Buffer {
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      shared = Buffer.from(encode());
      this.#shared.set(key, shared);
      if (this.#shared.size > SHARED_LIMIT) this.#forgetOldest();
    }
    const text = Buffer.from(nonce, 'latin1');
    if (text.length >= VARINT_LIMIT) throw new Error('a nonce fits one length byte');
    return Buffer.concat([shared, Buffer.from([NONCE_TAG, text.length]), text]);
  }

  #forgetOldest(): void {
    const [oldest] = this.#shared.keys();
    if (oldest !== undefined) this.#shared.delete(oldest);
  }
}

function keyOf(content: ResponseContent): string {
  const { type, version, entries, removed, ttlSeconds, heartbeat } = content;
  return `${type} ${version} ${entries.map(idOf).join()} ${removed.join()} ${ttlSeconds} ${heartbeat}`;
}

function toWrapped(entry: Entry, content: ResponseContent): WrappedResource {
  return {
    name: entry.name,
    version: entry.hash,
    ...(content.heartbeat ? {} : { resource: entry.any }),
    ...(content.ttlSeconds === undefined ? {} : { ttl: toDuration(content.ttlSeconds) }),
  };
}

/** The state-of-the-world dialect has no place for a TTL but inside the Any (xds_protocol.rst, "Resource TTL"). */
function packWrapped(entry: Entry, content: ResponseContent): Any {
  return {
    type_url: `type.googleapis.com/${WRAPPED}`,
    value: encodeMessage(WRAPPED, toWrapped(entry, content)),
  };
}

function toDuration(seconds: number): Duration {
  const whole = Math.floor(seconds);
  return { seconds: whole, nanos: Math.round((seconds - whole) * 1e9) };
}

/** Entries are numbered as they are met, so that a key tells equal lists by identity and not by name and version only. */
const ids = new WeakMap<Entry, number>();
let lastId = 0;

function idOf(entry: Entry): number {
  let id = ids.get(entry);
  if (id === undefined) {
    lastId += 1;
    id = lastId;
    ids.set(entry, id);
  }
  return id;
}
