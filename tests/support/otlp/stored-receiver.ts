import { exportMetrics } from '#ingest/export-metrics.ts';
import { exportTraces } from '#ingest/export-traces.ts';
import { openMetricWriter } from '#store/metric-points/write-metric-points.ts';
import { openSpanWriter } from '#store/spans/write-spans.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';
import { startTestReceiver, type TestReceiver } from './test-receiver.ts';

export interface StoredReceiver extends TestReceiver {
  readonly store: TestStore;
  /** Spans in the store, counted where they lie: repeated ones count again. */
  readonly countSpans: () => Promise<number>;
}

/** The receivers before a PostgreSQL of their own, as the ingester wires them. */
export async function startStoredReceiver(
  settings: { readonly budgetBytes?: number } = {},
): Promise<StoredReceiver> {
  const store = await startTestStore();
  const spans = openSpanWriter(store.url);
  const points = openMetricWriter(store.url);
  const receiver = await startTestReceiver({
    ...settings,
    exportTraces: exportTraces(spans.write),
    exportMetrics: exportMetrics(points.write),
  });
  return {
    ...receiver,
    store,
    countSpans: async () => {
      const { rows } = await store.db.pool.query<{ spans: string }>(
        'select coalesce(sum(span_count), 0) as spans from span_segment',
      );
      return Number(rows[0]?.spans);
    },
    stop: async () => {
      await receiver.stop();
      await Promise.all([spans.stop(), points.stop()]);
      await store.stop();
    },
  };
}
