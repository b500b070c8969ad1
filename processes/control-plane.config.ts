import { z } from 'zod';
import { policySchema } from '#lab/control-plane/policy.ts';
import { loopbackAddress, loopbackUrl } from '#lab/xds/socket-address.ts';

export const controlPlaneSettings = z.object({
  CONTROL_PLANE_LISTEN: loopbackAddress.prefault('127.0.9.1:18000'),
  CONTROL_PLANE_ADMIN: loopbackUrl.prefault('http://127.0.9.1:18001'),
  REGISTRY_URL: z.url().default('http://127.0.9.1:18003'),
  /** A control plane that starts anew counts from here; clients must take a lower version as well as a higher one. */
  CONTROL_PLANE_FIRST_VERSION: z.coerce.number().int().min(1).default(1),
  CONTROL_PLANE_RELEASE: z.string().min(1).default('r41'),
  /** JSON, as `PUT /policy` of the admin API takes it. */
  CONTROL_PLANE_POLICY: z
    .string()
    .default('{}')
    .transform((text, context) => {
      const parsed = policySchema.safeParse(tryParse(text));
      if (parsed.success) return parsed.data;
      context.addIssue({ code: 'custom', message: z.prettifyError(parsed.error) });
      return z.NEVER;
    }),
  CONTROL_PLANE_LOAD_REPORTS: z.stringbool().default(false),
  /** Where an Envoy that takes its configuration from here resolves DNS clusters. */
  DNS_ADDRESS: loopbackAddress.prefault('127.0.9.1:5354'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url().default('http://127.0.0.1:4318'),
});

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
