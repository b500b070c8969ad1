import { type Attributes, metrics } from '@opentelemetry/api';
import type {
  IngestIncident,
  IngestRequests,
  IngestSnapshot,
  IngestTransport,
  RefusalReason,
} from '#telemetry/ingest-health.ts';
import {
  METRIC_INGEST_BYTES,
  METRIC_INGEST_IN_FLIGHT,
  METRIC_INGEST_ITEMS,
  METRIC_INGEST_REQUESTS,
} from '#telemetry/metric-names.ts';
import type { UnixSecond } from '#telemetry/time.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { ExportOutcome } from './export-outcome.ts';
import type { Refusal } from './export-refusal.ts';
import type { OtlpSignal } from './otlp-signal.ts';

/** Where a request came from and how much it was. */
export interface RequestFacts {
  readonly signal: OtlpSignal | undefined;
  readonly transport: IngestTransport;
  /** As received, still compressed. */
  readonly bytes: number;
}

type Tally = { -readonly [K in keyof IngestRequests]: IngestRequests[K] };

/**
 * What became of every request since the start. Kept twice: as OpenTelemetry metrics for whoever collects them, and
 * here for Detour's own page, which must work when nothing is collected.
 */
export class IngestCounters {
  readonly #tallies = new Map<string, Tally>();
  readonly #budget: ByteBudget;
  readonly #now: () => UnixSecond;
  readonly #startedSecond: UnixSecond;
  readonly #meter = metrics.getMeter('detour.ingest');
  readonly #requestCounter = this.#meter.createCounter(METRIC_INGEST_REQUESTS);
  readonly #byteCounter = this.#meter.createCounter(METRIC_INGEST_BYTES, { unit: 'By' });
  readonly #itemCounter = this.#meter.createCounter(METRIC_INGEST_ITEMS);
  #unknownKeys = 0;
  #connections = 0;
  #lastRefusal: IngestIncident | undefined;
  #lastPartialSuccess: IngestIncident | undefined;

  /** Create it after the OpenTelemetry SDK has started: a meter taken before stays silent. */
  constructor(budget: ByteBudget, now: () => UnixSecond) {
    this.#budget = budget;
    this.#now = now;
    this.#startedSecond = now();
    this.#meter
      .createObservableGauge(METRIC_INGEST_IN_FLIGHT, { unit: 'By' })
      .addCallback((result) => result.observe(budget.inFlightBytes));
  }

  countStored(facts: RequestFacts, outcome: ExportOutcome): void {
    const isPartial = outcome.rejected > 0;
    const tally = this.#tally(facts, isPartial ? 'partly-stored' : 'stored');
    const accepted = outcome.accepted ?? 0;
    tally.acceptedItems += accepted;
    tally.rejectedItems += outcome.rejected;
    this.#itemCounter.add(accepted, { signal: facts.signal, outcome: 'accepted' });
    if (!isPartial) return;
    this.#itemCounter.add(outcome.rejected, { signal: facts.signal, outcome: 'rejected' });
    this.#lastPartialSuccess = this.#incident(facts, 'partial-success', outcome.errorMessage);
  }

  countRefused(facts: RequestFacts, refusal: Refusal): void {
    this.#tally(facts, 'refused', refusal.reason);
    this.#lastRefusal = this.#incident(facts, refusal.reason, refusal.message);
  }

  countUnknownKeys(count: number): void {
    this.#unknownKeys += count;
  }

  /** `change` is +1 for a connection that opened, −1 for one that closed. */
  countConnection(change: 1 | -1): void {
    this.#connections += change;
  }

  snapshot(): IngestSnapshot {
    return {
      startedSecond: this.#startedSecond,
      requests: [...this.#tallies.values()].map((tally) => ({ ...tally })),
      unknownKeys: this.#unknownKeys,
      inFlightBytes: this.#budget.inFlightBytes,
      peakInFlightBytes: this.#budget.peakBytes,
      limitBytes: this.#budget.limitBytes,
      connections: this.#connections,
      residentBytes: process.memoryUsage.rss(),
      ...(this.#lastRefusal && { lastRefusal: this.#lastRefusal }),
      ...(this.#lastPartialSuccess && { lastPartialSuccess: this.#lastPartialSuccess }),
    };
  }

  #tally(facts: RequestFacts, outcome: Tally['outcome'], reason?: RefusalReason): Tally {
    const { signal, transport, bytes } = facts;
    const key = `${signal} ${transport} ${outcome} ${reason}`;
    let tally = this.#tallies.get(key);
    if (tally === undefined) {
      tally = {
        ...(signal && { signal }),
        transport,
        outcome,
        ...(reason && { reason }),
        ...{ requests: 0, bytes: 0, acceptedItems: 0, rejectedItems: 0 },
      };
      this.#tallies.set(key, tally);
    }
    tally.requests++;
    tally.bytes += bytes;
    const attributes: Attributes = { signal, transport, outcome, 'error.type': reason };
    this.#requestCounter.add(1, attributes);
    this.#byteCounter.add(bytes, attributes);
    return tally;
  }

  #incident(
    facts: RequestFacts,
    reason: IngestIncident['reason'],
    message: string,
  ): IngestIncident {
    const { signal, transport } = facts;
    return { second: this.#now(), ...(signal && { signal }), transport, reason, message };
  }
}
