import type { ServerDuplexStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Duration, Node } from '#lab/xds/discovery.ts';

/** envoy.service.load_stats.v3, as far as it is read. 64-bit numbers are decimal strings. */
interface LoadStatsRequest {
  readonly node?: Node;
  readonly cluster_stats?: readonly {
    readonly cluster_name?: string;
    readonly upstream_locality_stats?: readonly {
      readonly total_issued_requests?: string;
      readonly total_successful_requests?: string;
      readonly total_error_requests?: string;
      readonly total_requests_in_progress?: string;
    }[];
  }[];
}

interface LoadStatsResponse {
  readonly send_all_clusters: boolean;
  readonly load_reporting_interval: Duration;
}

/** What one client says it sent to one cluster, in all and lately. */
export interface ReportedLoad {
  readonly node: string;
  readonly cluster: string;
  readonly issued: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly inProgress: number;
  readonly lastUnixMs: number;
}

const INTERVAL_SECONDS = 2;
/** Clients times clusters; beyond it reports are taken and not kept. */
const ROW_LIMIT = 50_000;

/** Load Reporting Service: the traffic as the data plane's clients count it, a source besides spans. */
export class LoadReports {
  readonly #rows = new Map<string, ReportedLoad>();

  rows(): readonly ReportedLoad[] {
    return [...this.#rows.values()];
  }

  service(): UntypedServiceImplementation {
    return {
      StreamLoadStats: (call: ServerDuplexStream<LoadStatsRequest, LoadStatsResponse>) => {
        let node: string | undefined;
        call.on('data', (request: LoadStatsRequest) => {
          if (node === undefined) {
            node = request.node?.id ?? '';
            call.write({
              send_all_clusters: true,
              load_reporting_interval: { seconds: INTERVAL_SECONDS },
            });
          }
          this.#take(node, request);
        });
        call.on('end', () => call.end());
        call.on('error', () => call.end());
      },
    };
  }

  #take(node: string, request: LoadStatsRequest): void {
    for (const stats of request.cluster_stats ?? []) {
      const cluster = stats.cluster_name ?? '';
      const key = `${node} ${cluster}`;
      const before = this.#rows.get(key);
      if (before === undefined && this.#rows.size >= ROW_LIMIT) return;
      const localities = stats.upstream_locality_stats ?? [];
      const sum = (read: (locality: (typeof localities)[number]) => string | undefined) =>
        localities.reduce((total, locality) => total + Number(read(locality) ?? 0), 0);
      this.#rows.set(key, {
        node,
        cluster,
        issued: (before?.issued ?? 0) + sum((locality) => locality.total_issued_requests),
        succeeded: (before?.succeeded ?? 0) + sum((locality) => locality.total_successful_requests),
        failed: (before?.failed ?? 0) + sum((locality) => locality.total_error_requests),
        inProgress: sum((locality) => locality.total_requests_in_progress),
        lastUnixMs: Date.now(),
      });
    }
  }
}
