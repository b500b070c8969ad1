/** What one cluster was sent since the last report, as LRS counts it (load_report.proto, UpstreamLocalityStats). */
export interface ClusterLoad {
  readonly cluster: string;
  readonly issued: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Now, not since the last report. */
  readonly inProgress: number;
  /** Refused by a circuit breaker. */
  readonly dropped: number;
}

type Counts = { -readonly [K in Exclude<keyof ClusterLoad, 'cluster'>]: ClusterLoad[K] };

/** Counts the attempts at each cluster that asks for load reports. */
export class LoadCounts {
  readonly #clusters = new Map<string, Counts>();
  /** Called when the first cluster is counted. */
  onFirst: (() => void) | undefined;

  /** The returned function is to be called with the end of the attempt. */
  began(cluster: string): (isSuccess: boolean) => void {
    const counts = this.#countsOf(cluster);
    counts.issued += 1;
    counts.inProgress += 1;
    return (isSuccess) => {
      counts.inProgress -= 1;
      if (isSuccess) counts.succeeded += 1;
      else counts.failed += 1;
    };
  }

  dropped(cluster: string): void {
    this.#countsOf(cluster).dropped += 1;
  }

  /** All since the last call. A cluster that is quiet is told of too: silence is what a stuck client looks like. */
  take(): readonly ClusterLoad[] {
    return [...this.#clusters].map(([cluster, counts]) => {
      const load = { cluster, ...counts };
      Object.assign(counts, { issued: 0, succeeded: 0, failed: 0, dropped: 0 });
      return load;
    });
  }

  #countsOf(cluster: string): Counts {
    const known = this.#clusters.get(cluster);
    if (known) return known;
    const counts = { issued: 0, succeeded: 0, failed: 0, inProgress: 0, dropped: 0 };
    this.#clusters.set(cluster, counts);
    if (this.#clusters.size === 1) this.onFirst?.();
    return counts;
  }
}
