/**
 * What can keep an outage from users, by the names under which control planes and xDS clients state it in
 * `mesh.safeguard`. A mesh that states none says nothing about it.
 */
export const SAFEGUARDS = [
  'ignore-resource-deletion',
  'dns-fallback',
  'resource-ttl',
  'panic-threshold',
  'endpoint-drop-guard',
] as const;

export type Safeguard = (typeof SAFEGUARDS)[number];
