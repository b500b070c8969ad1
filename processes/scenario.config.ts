import { z } from 'zod';
import { loopbackUrl } from '#lab/xds/socket-address.ts';

const Instances = z
  .array(z.object({ service: z.string(), instance: z.string(), address: z.ipv4() }))
  .min(1);

const instances = z.string().transform((text, context) => {
  const parsed = Instances.safeParse(tryParse(text));
  if (parsed.success) return parsed.data;
  const message =
    'must be JSON like [{"service":"song","instance":"song-1","address":"127.0.13.1"}]';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

export const ScenarioEnvironment = z.object({
  SCENARIO_URL: loopbackUrl.prefault('http://127.0.9.1:18002'),
  SUPERVISOR_URL: z.url(),
  SUPERVISOR_TOKEN: z.string().min(1),
  CONTROL_PLANE_ADMIN: z.url().default('http://127.0.9.1:18001'),
  DNS_ADMIN_URL: z.url().default('http://127.0.9.1:5380'),
  RELAY_ADMIN_URL: z.url().default('http://127.0.9.1:18011'),
  LOAD_URL: z.url().default('http://127.0.9.1:18004'),
  LAB_INSTANCES: instances,
  APP_PORT: z.coerce.number().int().default(8080),
  SIDECAR_ADMIN_PORT: z.coerce.number().int().default(15_000),
  /** Set in a lab whose sidecars are Envoys: where the files lie that they watch. */
  ENVOY_FOLDER: z.string().min(1).optional(),
  /** The scenarios' own log, appended to; it is compared with what Detour found, and never sent to it. */
  LAB_LOG: z.string().optional(),
});

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
