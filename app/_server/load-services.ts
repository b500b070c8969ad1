import { isOwnService } from '#analysis/service-map/own-service.ts';
import {
  readServiceInstances,
  readServiceNames,
  readServices,
} from '#store/services/read-services.ts';
import { quantileNs } from '#telemetry/latency-histogram.ts';
import type { TimeWindow } from '#telemetry/time.ts';
import { database } from './database.ts';

/** Every service ever seen by name, with what it did in the window. */
export async function loadServices(window: TimeWindow): Promise<{
  readonly window: TimeWindow;
  readonly services: readonly ServiceSummary[];
}> {
  const db = database();
  const [names, calls, instances] = await Promise.all([
    readServiceNames(db),
    readServices(db, window),
    readServiceInstances(db, window),
  ]);
  const byName = new Map(calls.map((entry) => [entry.service, entry]));
  const services = [...names].sort().map((service): ServiceSummary => {
    const entry = byName.get(service);
    const p95Ns = entry === undefined ? undefined : quantileNs(entry.latency, 0.95);
    return {
      service,
      isOwn: isOwnService(service),
      instances: instances.filter((instance) => instance.service === service).length,
      requests: entry?.requests ?? 0,
      errors: entry?.errors ?? 0,
      ...(p95Ns === undefined ? {} : { p95Ns }),
    };
  });
  return { window, services };
}

interface ServiceSummary {
  readonly service: string;
  readonly isOwn: boolean;
  readonly instances: number;
  readonly requests: number;
  readonly errors: number;
  readonly p95Ns?: number;
}
