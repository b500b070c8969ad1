import type { SpanBatch } from '#telemetry/span-batch.ts';
import { toPgText } from '../pg-text.ts';

export interface SeenInstance {
  readonly service: string;
  readonly instance: string;
  firstSecond: number;
  lastSecond: number;
  /** What the store was last told. */
  toldSecond: number;
}

export interface SeenOperation {
  readonly service: string;
  readonly operation: string;
  readonly lastSecond: number;
}

/** A running instance is told to the store again after this long. */
const RENEW_SECONDS = 2;
const MAX_INSTANCES = 50_000;
/** A sender that puts ids into span names must not fill the list of operations. */
const MAX_OPERATIONS_PER_SERVICE = 1000;
const OPERATION_RENEW_SECONDS = 3600;

/** Which instances and operations were seen, so that the store is told only of what changed. */
export class SeenServices {
  readonly #instances = new Map<string, SeenInstance>();
  readonly #operations = new Map<string, Map<string, number>>();
  #freshOperations: SeenOperation[] = [];

  observe(batch: SpanBatch): void {
    this.#observeInstances(batch);
    let group = -1;
    let name = -1;
    for (let i = 0; i < batch.count; i++) {
      if (batch.endSecond[i] === 0) continue;
      if (batch.groupOf[i] === group && batch.nameOf[i] === name) continue;
      group = batch.groupOf[i] as number;
      name = batch.nameOf[i] as number;
      const service = batch.groups[group]?.service ?? '';
      this.#operation(service, batch.names[name] ?? '', batch.endSecond[i] as number);
    }
  }

  #observeInstances(batch: SpanBatch): void {
    const first = new Float64Array(batch.groups.length).fill(Number.POSITIVE_INFINITY);
    const last = new Float64Array(batch.groups.length);
    for (let i = 0; i < batch.count; i++) {
      const second = batch.endSecond[i] as number;
      if (second === 0) continue;
      const group = batch.groupOf[i] as number;
      first[group] = Math.min(first[group] as number, second);
      last[group] = Math.max(last[group] as number, second);
    }
    for (const [index, { service, instance }] of batch.groups.entries()) {
      const lastSecond = last[index] as number;
      if (lastSecond !== 0) {
        this.#instance(service, instance, first[index] as number, lastSecond);
      }
    }
  }

  takeFresh(): {
    readonly instances: readonly SeenInstance[];
    readonly operations: readonly SeenOperation[];
  } {
    const instances: SeenInstance[] = [];
    for (const seen of this.#instances.values()) {
      if (seen.lastSecond < seen.toldSecond + RENEW_SECONDS) continue;
      seen.toldSecond = seen.lastSecond;
      instances.push({ ...seen });
    }
    const operations = this.#freshOperations;
    this.#freshOperations = [];
    return { instances, operations };
  }

  /** The store may not have what was last taken. */
  forget(): void {
    this.#instances.clear();
    this.#operations.clear();
    this.#freshOperations = [];
  }

  #instance(fullService: string, fullInstance: string, first: number, last: number): void {
    const service = toPgText(fullService);
    const instance = toPgText(fullInstance);
    const key = `${service}\0${instance}`;
    const seen = this.#instances.get(key);
    if (seen) {
      seen.firstSecond = Math.min(seen.firstSecond, first);
      seen.lastSecond = Math.max(seen.lastSecond, last);
      return;
    }
    if (this.#instances.size >= MAX_INSTANCES) this.#instances.clear();
    this.#instances.set(key, {
      service,
      instance,
      firstSecond: first,
      lastSecond: last,
      toldSecond: Number.NEGATIVE_INFINITY,
    });
  }

  #operation(service: string, operation: string, second: number): void {
    let known = this.#operations.get(service);
    if (known === undefined) {
      known = new Map();
      this.#operations.set(service, known);
    }
    const told = known.get(operation);
    if (told !== undefined && second < told + OPERATION_RENEW_SECONDS) return;
    if (told === undefined && known.size >= MAX_OPERATIONS_PER_SERVICE) return;
    known.set(operation, second);
    this.#freshOperations.push({
      service: toPgText(service),
      operation: toPgText(operation),
      lastSecond: second,
    });
  }
}
