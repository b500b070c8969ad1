import { status } from '@grpc/grpc-js';
import type { Duration, Node } from '#lab/xds/discovery.ts';
import { connectLrs, type LrsClient, type LrsStream } from '#lab/xds/services.ts';
import { ADS_BACKOFF, backoffMs } from './backoff.ts';
import type { LoadCounts } from './load-counts.ts';

/** A server that asks more often has made a mistake. */
const SHORTEST_INTERVAL_MS = 100;

interface LoadStatsResponse {
  readonly send_all_clusters?: boolean;
  readonly clusters?: readonly string[];
  readonly load_reporting_interval?: Duration;
}

/**
 * Tells the control plane how much each cluster was sent, at the pace that it asks for (Load Reporting Service, lrs.proto).
 * Nothing is said before the first cluster asks for it. What a lost stream did not tell, the next one does.
 */
export class LoadReporter {
  readonly #server: string;
  readonly #node: Node;
  readonly #counts: LoadCounts;
  readonly #roll: () => number;
  #client: LrsClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempt = 0;
  #isStopped = false;

  constructor(server: string, node: Node, counts: LoadCounts, roll: () => number) {
    this.#server = server;
    this.#node = node;
    this.#counts = counts;
    this.#roll = roll;
    counts.onFirst = () => this.#connect();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#client?.close();
  }

  #connect(): void {
    const client = connectLrs(this.#server);
    const stream = client.StreamLoadStats();
    this.#client = client;
    stream.on('data', (response: LoadStatsResponse) => this.#obey(stream, response));
    stream.on('error', (error: { readonly code?: number }) => {
      this.#lose(client, error.code === status.UNIMPLEMENTED);
    });
    stream.on('end', () => this.#lose(client, false));
    stream.write({ node: this.#node });
  }

  #obey(stream: LrsStream, response: LoadStatsResponse): void {
    this.#attempt = 0;
    clearInterval(this.#timer);
    const { seconds = 0, nanos = 0 } = response.load_reporting_interval ?? {};
    const intervalMs = Math.max(SHORTEST_INTERVAL_MS, Number(seconds) * 1000 + nanos / 1e6);
    const isWanted = (cluster: string) =>
      response.send_all_clusters === true || response.clusters?.includes(cluster) === true;
    let lastMs = performance.now();
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      const loads = this.#counts.take().filter(({ cluster }) => isWanted(cluster));
      stream.write({ cluster_stats: loads.map((load) => toMessage(load, nowMs - lastMs)) });
      lastMs = nowMs;
    }, intervalMs);
    this.#timer.unref();
  }

  /** A server that does not know the service is not asked again. */
  #lose(client: LrsClient, isForGood: boolean): void {
    if (client !== this.#client || this.#isStopped) return;
    clearInterval(this.#timer);
    client.close();
    this.#client = undefined;
    if (isForGood) return;
    const delayMs = backoffMs(ADS_BACKOFF, this.#attempt, this.#roll());
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#connect(), delayMs);
    this.#timer.unref();
  }
}

function toMessage(load: ReturnType<LoadCounts['take']>[number], elapsedMs: number): object {
  return {
    cluster_name: load.cluster,
    cluster_service_name: load.cluster,
    total_dropped_requests: load.dropped,
    load_report_interval: {
      seconds: Math.floor(elapsedMs / 1000),
      nanos: Math.round((elapsedMs % 1000) * 1e6),
    },
    upstream_locality_stats: [
      {
        total_issued_requests: load.issued,
        total_successful_requests: load.succeeded,
        total_error_requests: load.failed,
        total_requests_in_progress: load.inProgress,
      },
    ],
  };
}
