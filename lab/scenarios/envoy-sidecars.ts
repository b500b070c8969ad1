import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  parseRouteScopes,
  type RouteScopes,
  renderRouteScopes,
  SCOPES_FILE,
} from '#lab/xds/route-scopes.ts';
import type { LabInstance } from './lab-places.ts';
import type { SidecarPolicy, SidecarPort } from './sidecar-port.ts';

/** Envoy reloads within milliseconds of the file's change. */
const APPLIED_LIMIT_MS = 10_000;
const POLL_MS = 20;

/**
 * Envoys, by the file of route scopes that each watches: operators' local word about a callee, which needs no control
 * plane, loses no request and can be taken back.
 */
export class EnvoySidecars implements SidecarPort {
  readonly #folder: string;
  readonly #adminPort: number;
  readonly #now: () => number;

  constructor(
    settings: { readonly folder: string; readonly adminPort: number },
    now: () => number,
  ) {
    this.#folder = settings.folder;
    this.#adminPort = settings.adminPort;
    this.#now = now;
  }

  async route(
    { instance }: LabInstance,
    address: string,
    mode: 'xds' | 'dns',
    callees: readonly string[] | 'all',
  ): Promise<void> {
    const file = path.join(this.#folder, instance, SCOPES_FILE);
    const { scopes, version } = parseRouteScopes(await readFile(file, 'utf8'));
    const names = callees === 'all' ? [...scopes.keys()] : callees;
    const strangers = names.filter((name) => !scopes.has(name));
    if (strangers.length > 0) throw new Error(`${instance} does not call ${strangers.join(', ')}`);
    if (names.every((name) => scopes.get(name) === mode)) return;
    const next = `${Math.max(this.#now(), Number(version) + 1)}`;
    await replaceFile(
      file,
      new Map([...scopes, ...names.map((name) => [name, mode] as const)]),
      next,
    );
    await this.#untilApplied(instance, address, next);
  }

  async setPolicy(_address: string, { onDeletion, onOversize }: SidecarPolicy): Promise<void> {
    // A57 and A88 are gRPC's. Envoy's documentation of xDS knows of no such policy (xds_protocol.rst).
    if (onDeletion === 'keep')
      throw new Error('Envoy obeys a deletion and has no setting against it');
    if (onOversize === 'crash')
      throw new Error('Envoy has no limit on a configuration to crash at');
  }

  async #untilApplied(instance: string, address: string, version: string): Promise<void> {
    const url = `http://${address}:${this.#adminPort}/stats?filter=scoped_rds.outbound.version_text`;
    const endMs = this.#now() + APPLIED_LIMIT_MS;
    while (this.#now() < endMs) {
      const response = await fetch(url, { signal: AbortSignal.timeout(APPLIED_LIMIT_MS) });
      if ((await response.text()).includes(`"${version}"`)) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    throw new Error(`the Envoy of ${instance} did not take up its routes`);
  }
}

/** In one step, as Envoy wants it: it watches for files that are moved in, and never reads half of one. */
async function replaceFile(file: string, scopes: RouteScopes, version: string): Promise<void> {
  const draft = `${file}.${version}`;
  await writeFile(draft, JSON.stringify(renderRouteScopes(scopes, version)));
  await rename(draft, file);
}
