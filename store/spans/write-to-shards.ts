import type { SpanBatch } from '#telemetry/span-batch.ts';
import { splitDatabaseUrls } from '../database-urls.ts';
import { shardOf } from '../shards.ts';
import { selectSpans } from './select-spans.ts';
import { openSpanWriter, type SpanWriter } from './write-spans.ts';

/**
 * Writes each span to the shard of its trace. Every shard commits the hash of the body with its part of it: when one
 * fails the body is refused, and the same body again is stored only where it is missing.
 */
export function openShardedSpanWriter(urls: string): SpanWriter {
  const writers = splitDatabaseUrls(urls).map(openSpanWriter);
  const [only] = writers;
  if (writers.length === 1 && only !== undefined) return only;
  return {
    write: async (batch, hash) => {
      const parts = splitByShard(batch, writers.length);
      // Settled, and not at the first failure: the parts lie in the body's bytes, which others use when this has ended.
      const written = await Promise.allSettled(
        writers.map(async (writer, shard) => {
          const part = parts[shard];
          return part === undefined ? true : await writer.write(part, hash);
        }),
      );
      const failed = written.findIndex(({ status }) => status === 'rejected');
      if (failed !== -1) throw failure(written[failed], failed, writers.length);
      return batch.count > 0 && written.every((one) => one.status === 'fulfilled' && one.value);
    },
    stop: async () => {
      await Promise.all(writers.map((writer) => writer.stop()));
    },
  };
}

function failure(
  result: PromiseSettledResult<boolean> | undefined,
  shard: number,
  shards: number,
): Error {
  const cause: unknown = result?.status === 'rejected' ? result.reason : undefined;
  const reason = cause instanceof Error ? cause.message || String(cause) : String(cause);
  return new Error(`database ${shard + 1} of ${shards}: ${reason}`, { cause });
}

/** The part of each shard; undefined where there is none. */
function splitByShard(batch: SpanBatch, shards: number): readonly (SpanBatch | undefined)[] {
  const indexes: number[][] = Array.from({ length: shards }, () => []);
  for (let i = 0; i < batch.count; i++) indexes[shardOf(batch.traceIds, i * 16, shards)]?.push(i);
  return indexes.map((chosen) => {
    if (chosen.length === 0) return undefined;
    return chosen.length === batch.count ? batch : selectSpans(batch, chosen);
  });
}
