import { createRequire } from 'node:module';
import { xdsTypeOf } from '#lab/xds/type-urls.ts';
import type { XdsType } from '#telemetry/xds-type.ts';

/** The few fields of the library's client that are read; none of them is promised. */
interface LibraryClient {
  readonly clients?: Iterable<{
    readonly client?: {
      readonly resourceTypeVersionMap?: ReadonlyMap<{ getTypeUrl(): string }, string>;
    };
  }>;
}

/**
 * The version that grpc-js-xds accepted last, by type. CSDS tells only at which version a resource's content last
 * changed, and nothing for one that is gone, so that a client that acknowledged a restore and ignored it looks like one
 * that never heard of it. Read from the library's inside: empty where that is not as in 1.14.
 */
export function readAcceptedVersions(): ReadonlyMap<XdsType, string> {
  const versions = new Map<XdsType, string>();
  try {
    for (const { client } of findClient().clients ?? []) {
      for (const [type, version] of client?.resourceTypeVersionMap ?? []) {
        const name = xdsTypeOf(toFullTypeUrl(type.getTypeUrl()));
        if (name) versions.set(name, version);
      }
    }
  } catch {
    return new Map();
  }
  return versions;
}

/** grpc-js-xds leaves out the host of a type URL. */
export function toFullTypeUrl(typeUrl: string): string {
  return typeUrl.includes('/') ? typeUrl : `type.googleapis.com/${typeUrl}`;
}

function findClient(): LibraryClient {
  const require = createRequire(import.meta.url);
  const library: {
    getSingletonXdsClient(): LibraryClient;
  } = require('@grpc/grpc-js-xds/build/src/xds-client.js');
  return library.getSingletonXdsClient();
}
