import type pg from 'pg';
import { METRIC_KINDS, type MetricRow, type MetricSeries } from '#telemetry/metric-batch.ts';
import type { UnixNano } from '#telemetry/time.ts';
import { splitDatabaseUrls } from '../database-urls.ts';
import { type Body, GroupCommit } from '../group-commit.ts';
import { Lane } from '../lane.ts';
import { COMMIT_CHANNEL } from '../notifications.ts';
import { toPgText } from '../pg-text.ts';

export interface MetricWriter {
  /** Settles when the points are durable. True: this body was stored before. Rejects when the store cannot take it now. */
  readonly write: (rows: readonly MetricRow[], hash: Uint8Array) => Promise<boolean>;
  readonly stop: () => Promise<void>;
}

const DELAY_MS = 50;
const QUIET_MS = 4;
const ENOUGH_POINTS = 2000;
const MAX_POINTS = 20_000;
/** A living series is told to the store again after this long; readers allow for it. */
export const SERIES_RENEW_SECONDS = 10;
const MAX_SERIES = 100_000;
const MAX_INT8 = 0x7fff_ffff_ffff_ffffn;

interface MetricBody extends Body {
  readonly rows: readonly MetricRow[];
}

/** Metrics lie on the first database of the store. */
export function openMetricWriter(urls: string): MetricWriter {
  const lane = new Lane(splitDatabaseUrls(urls)[0] ?? urls);
  const series = new KnownSeries();
  const commit = async (bodies: readonly MetricBody[]): Promise<void> => {
    try {
      await lane.commit(bodies, async (client, day) => {
        const rows = bodies.flatMap((body) => body.rows);
        await writeSeries(client, series.take(rows));
        await writePoints(client, day, rows);
        await client.query('select pg_notify($1, $2)', [COMMIT_CHANNEL, '{"seconds":[]}']);
      });
    } catch (error) {
      series.forget();
      throw error;
    }
  };
  const commits = new GroupCommit<MetricBody>({
    lanes: [commit],
    delayMs: DELAY_MS,
    quietMs: QUIET_MS,
    enoughWeight: ENOUGH_POINTS,
    maxWeight: MAX_POINTS,
  });
  return {
    write: async (rows, hash) => {
      if (rows.length === 0) return false;
      return await commits.write({ rows, hash, weight: rows.length });
    },
    stop: async () => {
      await commits.drain();
      await lane.close();
    },
  };
}

interface SeriesSeen {
  readonly series: MetricSeries;
  firstSecond: number;
  lastSecond: number;
  startUnixNano: bigint;
}

/** Which series the store knows, since when it was not told that they live, and by which process. */
class KnownSeries {
  readonly #told = new Map<bigint, Pick<SeriesSeen, 'lastSecond' | 'startUnixNano'>>();

  take(rows: readonly MetricRow[]): readonly SeriesSeen[] {
    const fresh = new Map<bigint, SeriesSeen>();
    for (const { series, unixNano, startUnixNano = 0n as UnixNano } of rows) {
      const second = Number(unixNano / 1_000_000_000n);
      if (!this.#isNews(series.id, second, startUnixNano)) continue;
      const seen = fresh.get(series.id);
      if (seen === undefined) {
        fresh.set(series.id, { series, firstSecond: second, lastSecond: second, startUnixNano });
        continue;
      }
      seen.firstSecond = Math.min(seen.firstSecond, second);
      seen.lastSecond = Math.max(seen.lastSecond, second);
      if (startUnixNano > seen.startUnixNano) seen.startUnixNano = startUnixNano;
    }
    if (this.#told.size > MAX_SERIES) this.#told.clear();
    for (const { series, lastSecond, startUnixNano } of fresh.values()) {
      this.#told.set(series.id, { lastSecond, startUnixNano });
    }
    return [...fresh.values()].sort((a, b) => (a.series.id < b.series.id ? -1 : 1));
  }

  forget(): void {
    this.#told.clear();
  }

  #isNews(id: bigint, second: number, startUnixNano: bigint): boolean {
    const told = this.#told.get(id);
    if (told === undefined || startUnixNano > told.startUnixNano) return true;
    return second >= told.lastSecond + SERIES_RENEW_SECONDS;
  }
}

async function writeSeries(client: pg.Client, seen: readonly SeriesSeen[]): Promise<void> {
  if (seen.length === 0) return;
  const all = seen.map(({ series }) => series);
  await client.query(
    `insert into metric_series (id, name, unit, service, instance, kind, monotonic, delta, attributes, resource, first_second, last_second,
       start_unix_nano)
     select * from unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int2[], $7::bool[], $8::bool[],
                          $9::bytea[], $10::bytea[], $11::int8[], $12::int8[], $13::int8[])
     on conflict (id) do update set
       first_second = least(metric_series.first_second, excluded.first_second),
       last_second = greatest(metric_series.last_second, excluded.last_second),
       start_unix_nano = greatest(metric_series.start_unix_nano, excluded.start_unix_nano)`,
    [
      all.map(({ id }) => id),
      all.map(({ name }) => toPgText(name)),
      all.map(({ unit }) => toPgText(unit)),
      all.map(({ service }) => toPgText(service)),
      all.map(({ instance }) => toPgText(instance)),
      all.map(({ kind }) => METRIC_KINDS.indexOf(kind)),
      all.map(({ monotonic }) => monotonic),
      all.map(({ delta }) => delta),
      all.map(({ attributes }) => Buffer.from(attributes)),
      all.map(({ resource }) => Buffer.from(resource)),
      seen.map(({ firstSecond }) => firstSecond),
      seen.map(({ lastSecond }) => lastSecond),
      seen.map(({ startUnixNano }) => (startUnixNano === 0n ? null : clampInt8(startUnixNano))),
    ],
  );
}

/** A point that came before, in another request, is left as it is. */
async function writePoints(
  client: pg.Client,
  day: number,
  rows: readonly MetricRow[],
): Promise<void> {
  await client.query(
    `insert into metric_point (day, series_id, unix_nano, value, count, bounds, counts)
     select $1, series_id, unix_nano, value, count, bounds::float8[], counts::int8[]
     from unnest($2::int8[], $3::int8[], $4::float8[], $5::int8[], $6::text[], $7::text[])
       as point (series_id, unix_nano, value, count, bounds, counts)
     on conflict do nothing`,
    [
      day,
      rows.map(({ series }) => series.id),
      rows.map(({ unixNano }) => clampInt8(unixNano)),
      rows.map(({ value }) => String(value)),
      rows.map(({ count }) => toInt8Text(count)),
      rows.map(({ bounds }) => `{${bounds.join(',')}}`),
      rows.map(({ counts }) => `{${counts.map(toInt8Text).join(',')}}`),
    ],
  );
}

function clampInt8(value: bigint): bigint {
  return value > MAX_INT8 ? MAX_INT8 : value;
}

/** Counts are unsigned 64 bits on the wire. */
function toInt8Text(count: number): string {
  return count >= Number(MAX_INT8) ? MAX_INT8.toString() : BigInt(Math.trunc(count)).toString();
}
