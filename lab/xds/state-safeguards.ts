import type { Meter } from '@opentelemetry/api';
import { ATTR_SAFEGUARD_NAME } from '#telemetry/attributes.ts';
import { METRIC_SAFEGUARD } from '#telemetry/metric-names.ts';
import type { Safeguard } from '#telemetry/safeguard.ts';

/** States which safeguards this part has in force. `read` is called at each collection. */
export function stateSafeguards(
  meter: Meter,
  read: () => Readonly<Partial<Record<Safeguard, boolean>>>,
): void {
  meter.createObservableGauge(METRIC_SAFEGUARD, { unit: '{bool}' }).addCallback((result) => {
    for (const [name, isInForce] of Object.entries(read()))
      result.observe(isInForce ? 1 : 0, { [ATTR_SAFEGUARD_NAME]: name });
  });
}
