import { z } from 'zod';
import type { Safeguard } from '#telemetry/safeguard.ts';

/** How the control plane means to run the mesh. No fault: it holds until another one is put in its place. */
export const policySchema = z.strictObject({
  /** Every cluster is an aggregate that falls back to DNS when it has no endpoint (gRFC A37). */
  dnsFallback: z.boolean().default(false),
  /** A step that takes away more than this share, or all endpoints of a service, is held back until it is confirmed. */
  dropGuardPercent: z.number().min(0).max(100).optional(),
  /** Endpoints that a client is not told of again in this time are to be forgotten (xds_protocol.rst, "Resource TTL"). */
  endpointTtlSeconds: z.number().min(0.1).max(86_400).optional(),
  /** Below this share of healthy endpoints all are used; 0 never. Envoy's default when undefined: 50. */
  panicThresholdPercent: z.number().min(0).max(100).optional(),
  /** Endpoints that answer so many 5xx in a row are left out for a while; each cluster leaves it to its clients when undefined. */
  outlierDetection: z
    .strictObject({
      consecutive5xx: z.number().int().min(1),
      baseEjectionSeconds: z.number().int().min(1).max(3600),
      maxEjectionPercent: z.number().int().min(0).max(100),
    })
    .optional(),
});

export type Policy = z.infer<typeof policySchema>;

export const DEFAULT_POLICY: Policy = policySchema.parse({});

export function safeguardsOf(policy: Policy): Readonly<Partial<Record<Safeguard, boolean>>> {
  return {
    'dns-fallback': policy.dnsFallback,
    'endpoint-drop-guard': policy.dropGuardPercent !== undefined,
    'resource-ttl': policy.endpointTtlSeconds !== undefined,
    'panic-threshold': policy.panicThresholdPercent !== 0,
  };
}
