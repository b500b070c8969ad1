import { z } from 'zod';
import type { OutlierSettings } from './outlier-detection.ts';
import { Duration, toMs, UInt32Value } from './proto-values.ts';

const Percent = z.object({ value: z.coerce.number().int().min(0).max(100).default(0) });

/** envoy.config.cluster.v3.OutlierDetection, as far as this proxy detects outliers: by 5xx in a row. */
export const OutlierMessage = z.object({
  consecutive_5xx: UInt32Value.nullish(),
  interval: Duration.nullish(),
  base_ejection_time: Duration.nullish(),
  max_ejection_time: Duration.nullish(),
  max_ejection_percent: Percent.nullish(),
  enforcing_consecutive_5xx: Percent.nullish(),
  always_eject_one_host: z.object({ value: z.boolean().default(false) }).nullish(),
});

/** What is not said has the default of outlier_detection.proto. */
export function toOutliers(said: z.infer<typeof OutlierMessage>): OutlierSettings {
  return {
    consecutiveFaults: said.consecutive_5xx?.value ?? 5,
    counts5xx: true,
    baseEjectionMs: said.base_ejection_time ? toMs(said.base_ejection_time) : 30_000,
    maxEjectionMs: said.max_ejection_time ? toMs(said.max_ejection_time) : 300_000,
    maxEjectedShare: (said.max_ejection_percent?.value ?? 10) / 100,
    alwaysEjectsOne: said.always_eject_one_host?.value ?? false,
    enforcing: (said.enforcing_consecutive_5xx?.value ?? 100) / 100,
    intervalMs: Math.max(1, said.interval ? toMs(said.interval) : 10_000),
  };
}
