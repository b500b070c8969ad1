import type { XdsClient } from '#analysis/control-plane/xds-client.ts';
import { xdsClientId } from '#analysis/control-plane/xds-client-id.ts';
import type { MetricPoint } from '#telemetry/metric-point.ts';
import { elapsedNs, NS_PER_SECOND, type UnixNano } from '#telemetry/time.ts';

/** One that does not say since when it counts has been restarted when it comes back after so long. */
const RESTARTED_AFTER_NS = 30 * NS_PER_SECOND;

/** Since when the process counts that reports now, by client. */
export type ProcessStarts = ReadonlyMap<string, UnixNano>;

/** Without the words of the process before it. */
export function wordsOfPresentProcess(
  points: readonly MetricPoint[],
  starts: ProcessStarts,
): readonly MetricPoint[] {
  return points.filter((point) => {
    const start = starts.get(xdsClientId(point));
    return start === undefined || point.unixNano >= start;
  });
}

/**
 * Of what was known before, by client, that which is a measure of what is held now: what a restarted process held is gone.
 * `reports` are the points in which clients say what they hold; one that has not reported again keeps its last word.
 */
export function knownOfPresentProcess(
  previous: readonly XdsClient[],
  reports: readonly MetricPoint[],
  starts: ProcessStarts,
): ReadonlyMap<string, XdsClient> {
  const reportedAt = new Map<string, UnixNano>();
  for (const point of reports) {
    const id = xdsClientId(point);
    reportedAt.set(id, later(reportedAt.get(id) ?? point.unixNano, point.unixNano));
  }
  const isAnother = ({ id, lastReportUnixNano: last }: XdsClient): boolean => {
    const reported = reportedAt.get(id);
    if (reported === undefined || reported <= last) return false;
    return (starts.get(id) ?? last) > last || elapsedNs(last, reported) > RESTARTED_AFTER_NS;
  };
  return new Map(
    previous.filter((client) => !isAnother(client)).map((client) => [client.id, client]),
  );
}

/**
 * A process counts since its oldest running sum (OTLP data model, "Resets and Gaps"). Sums that it begins later do not move
 * that, and those that only the process before kept are over when it begins.
 */
export function readProcessStarts(points: readonly MetricPoint[]): ProcessStarts {
  const counting = points.filter((point) => point.startUnixNano !== undefined);
  const newest = new Map<string, UnixNano>();
  for (const point of counting) keep(newest, point, later);
  const starts = new Map<string, UnixNano>();
  for (const point of counting) {
    const isPresent = point.unixNano >= (newest.get(xdsClientId(point)) ?? point.unixNano);
    if (isPresent) keep(starts, point, earlier);
  }
  return starts;
}

function keep(
  starts: Map<string, UnixNano>,
  point: MetricPoint,
  choose: (a: UnixNano, b: UnixNano) => UnixNano,
): void {
  if (point.startUnixNano === undefined) return;
  const id = xdsClientId(point);
  starts.set(id, choose(starts.get(id) ?? point.startUnixNano, point.startUnixNano));
}

function later(a: UnixNano, b: UnixNano): UnixNano {
  return a > b ? a : b;
}

function earlier(a: UnixNano, b: UnixNano): UnixNano {
  return a < b ? a : b;
}
