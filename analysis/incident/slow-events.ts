import type { IncidentEvent } from '#analysis/incident/incident.ts';
import { entry, subjectOf } from '#analysis/incident/incident-entry.ts';
import { describeSlowdown, type Slowdown } from '#analysis/incident/slowdown.ts';
import { edgeId } from '#analysis/service-map/edge-id.ts';

const EVIDENCE = 'latency of call edges';

/** Where each slowdown began and ended: an entry once written is not changed, whatever the quantiles become. */
export function slowEvents(slowdowns: readonly Slowdown[]): readonly IncidentEvent[] {
  return slowdowns.flatMap((slowdown) => {
    const subject = subjectOf(edgeId(slowdown));
    const began = entry(
      slowdown.startUnixNano,
      'slow-began',
      subject,
      describeSlowdown(slowdown),
      EVIDENCE,
    );
    if (slowdown.endUnixNano === undefined) return [began];
    const text = 'as quick as before';
    return [began, entry(slowdown.endUnixNano, 'slow-ended', subject, text, EVIDENCE)];
  });
}
