import type { Entry } from '#lab/control-plane/view.ts';
import { encodeMessage } from '#lab/xds/protos.ts';
import { TYPE_URL } from '#lab/xds/type-urls.ts';
import type { XdsType } from '#telemetry/xds-type.ts';

const RESPONSE = 'envoy.service.discovery.v3.DiscoveryResponse';
const DELTA_RESPONSE = 'envoy.service.discovery.v3.DeltaDiscoveryResponse';
/** Field 5 of both responses, length-delimited (wire type 2). */
const NONCE_TAG = (5 << 3) | 2;
const VARINT_LIMIT = 0x80;
const SHARED_LIMIT = 256;

export interface ResponseContent {
  readonly type: XdsType;
  readonly version: number;
  readonly identifier: string;
  readonly entries: readonly Entry[];
}

export interface DeltaContent extends ResponseContent {
  readonly removed: readonly string[];
  readonly ttlSeconds?: number;
}

/**
 * Encodes responses. A thousand clients with the same subscription get the same bytes but for the nonce, and an encoded
 * protobuf message may be written in pieces, field by field, in any order: so the common part is encoded once.
 */
export class ResponseEncoder {
  /** Newest last; holds a few publications' worth. */
  readonly #shared = new Map<string, Buffer>();

  sotw(content: ResponseContent, nonce: string): Buffer {
    const key = `s ${content.type} ${content.version} ${content.entries.map(idOf).join()}`;
    return this.#finish(key, nonce, () =>
      encodeMessage(RESPONSE, {
        version_info: `${content.version}`,
        type_url: TYPE_URL[content.type],
        control_plane: { identifier: content.identifier },
        resources: content.entries.map((entry) => entry.any),
      }),
    );
  }

  delta(content: DeltaContent, nonce: string): Buffer {
    const { entries, removed, ttlSeconds } = content;
    const key = `d ${content.type} ${content.version} ${entries.map(idOf).join()} ${removed.join()} ${ttlSeconds}`;
    return this.#finish(key, nonce, () =>
      encodeMessage(DELTA_RESPONSE, {
        system_version_info: `${content.version}`,
        type_url: TYPE_URL[content.type],
        control_plane: { identifier: content.identifier },
        removed_resources: removed,
        resources: entries.map((entry) => ({
          name: entry.name,
          version: `${entry.version}`,
          resource: entry.any,
        })),
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
