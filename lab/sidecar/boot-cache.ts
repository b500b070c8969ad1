import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { XDS_TYPES, type XdsType } from '#telemetry/xds-type.ts';
import { acceptResponse, emptyCache, followReferences, type XdsCache } from './xds-cache.ts';

export interface KeptConfig {
  readonly cache: XdsCache;
  readonly services: readonly string[];
  readonly acceptedMs: number;
}

const KeptType = z.object({ version: z.string().optional(), resources: z.array(z.unknown()) });
const KeptFile = z.object({
  services: z.array(z.string()),
  acceptedMs: z.number(),
  types: z.object({ LDS: KeptType, RDS: KeptType, CDS: KeptType, EDS: KeptType }),
});
/** Listeners name routes, routes name clusters, clusters name endpoints. */
const REFERENCE_ORDER: readonly XdsType[] = ['LDS', 'RDS', 'CDS', 'EDS'];

/**
 * The last good configuration, for a start while the control plane is down. undefined when there is none or when it
 * cannot be read: then the proxy starts empty, as without this file.
 */
export async function readBootCache(file: string): Promise<KeptConfig | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const kept = KeptFile.safeParse(parseJson(text));
  return kept.success ? restore(kept.data) : undefined;
}

/** Written aside and renamed, so that a crash leaves the old file or the new one. */
export async function writeBootCache(file: string, config: KeptConfig): Promise<void> {
  const types = Object.fromEntries(
    XDS_TYPES.map((type) => {
      const { acked, resources } = config.cache[type];
      const held = [...resources.values()].flatMap((r) => (r.kind === 'held' ? [r.raw] : []));
      return [type, { ...(acked !== undefined && { version: acked }), resources: held }];
    }),
  );
  const { services, acceptedMs } = config;
  await writeFile(`${file}.new`, JSON.stringify({ services, acceptedMs, types }));
  await rename(`${file}.new`, file);
}

function restore(kept: z.infer<typeof KeptFile>): KeptConfig {
  const services = new Set(kept.services);
  let cache = followReferences(emptyCache(kept.acceptedMs), services, kept.acceptedMs);
  for (const type of REFERENCE_ORDER) {
    const { version, resources } = kept.types[type];
    if (version === undefined) continue;
    const response = { versionInfo: version, resources };
    cache = acceptResponse(cache, type, response, 'keep', kept.acceptedMs).cache;
    cache = followReferences(cache, services, kept.acceptedMs);
  }
  return { cache, services: kept.services, acceptedMs: kept.acceptedMs };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
