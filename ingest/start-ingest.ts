import type { IngestSnapshot } from '#telemetry/ingest-health.ts';
import type { UnixSecond } from '#telemetry/time.ts';
import { ByteBudget } from './byte-budget.ts';
import { exportLogs } from './export-logs.ts';
import { exportMetrics, type WriteMetrics } from './export-metrics.ts';
import { exportTraces, type WriteSpans } from './export-traces.ts';
import { IngestCounters } from './ingest-counters.ts';
import { reportHealth } from './report-health.ts';
import { type ReceiverSettings, type Receivers, startReceivers } from './start-receivers.ts';

export interface IngestOptions extends ReceiverSettings {
  /** Of all request bodies in memory. */
  readonly budgetBytes: number;
  readonly writeSpans: WriteSpans;
  readonly writeMetrics: WriteMetrics;
  readonly writeHealth: (snapshot: IngestSnapshot) => Promise<void>;
  readonly now: () => UnixSecond;
}

/** Everything between the sockets and the store's writers. */
export async function startIngest(options: IngestOptions): Promise<Receivers> {
  const budget = new ByteBudget(options.budgetBytes);
  const counters = new IngestCounters(budget, options.now);
  const exports = {
    traces: exportTraces(options.writeSpans),
    metrics: exportMetrics(options.writeMetrics),
    logs: exportLogs,
  };
  const receivers = await startReceivers({ ...options, exports, budget, counters });
  const stopReporting = reportHealth(counters, options.writeHealth);
  return {
    ...receivers,
    stop: async () => {
      await receivers.stop();
      await stopReporting();
    },
  };
}
