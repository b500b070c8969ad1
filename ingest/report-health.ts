import type { IngestSnapshot } from '#telemetry/ingest-health.ts';
import type { IngestCounters } from './ingest-counters.ts';

const INTERVAL_MS = 1000;

/** Hands a snapshot to `write` each second, one at a time. The returned function writes a last one and stops. */
export function reportHealth(
  counters: IngestCounters,
  write: (snapshot: IngestSnapshot) => Promise<void>,
): () => Promise<void> {
  let writing: Promise<void> | undefined;
  const report = (): Promise<void> => {
    // A store that cannot take a snapshot refuses exports as well: the next snapshot that it takes tells of those.
    writing ??= write(counters.snapshot())
      .catch(() => undefined)
      .finally(() => {
        writing = undefined;
      });
    return writing;
  };
  const timer = setInterval(report, INTERVAL_MS);
  return async () => {
    clearInterval(timer);
    await writing;
    await report();
  };
}
