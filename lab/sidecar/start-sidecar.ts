import { metrics } from '@opentelemetry/api';
import { serveAdmin } from '#lab/xds/admin-http.ts';
import { reportXdsClient } from '#lab/xds/client-metrics.ts';
import { listen } from '#lab/xds/http-server.ts';
import { stateSafeguards } from '#lab/xds/state-safeguards.ts';
import { createAdminHandler } from './admin.ts';
import { AdsClient } from './ads-client.ts';
import { readBootCache, writeBootCache } from './boot-cache.ts';
import { CircuitBreakers } from './circuit-breakers.ts';
import { DnsResolver } from './dns-resolver.ts';
import type { Endpoint } from './endpoint.ts';
import { UpstreamPools } from './http1/upstream-pools.ts';
import { UpstreamSessions } from './http2/upstream-sessions.ts';
import { createInboundProxy } from './inbound-proxy.ts';
import { LoadCounts } from './load-counts.ts';
import { LoadReporter } from './load-reporter.ts';
import { createNameLookup } from './look-up-name.ts';
import { createOutboundProxy } from './outbound-proxy.ts';
import { OutlierDetection } from './outlier-detection.ts';
import { reportXds } from './report-xds.ts';
import { RetryBudget } from './retry-budget.ts';
import { Routing } from './routing.ts';
import type { OnDeletion } from './xds-cache.ts';

export interface SidecarSettings {
  readonly service: string;
  readonly instance: string;
  readonly address: string;
  readonly applicationPort: number;
  readonly outboundPort: number;
  readonly inboundPort: number;
  readonly adminPort: number;
  readonly controlPlane: string;
  readonly dnsServer: string;
  readonly dnsZone: string;
  /** Services to ask for at once; any other is asked for with its first request. */
  readonly upstreams: readonly string[];
  readonly dnsServices: readonly string[];
  readonly staticEndpoints: ReadonlyMap<string, readonly Endpoint[]>;
  readonly onDeletion: OnDeletion;
  readonly onOversize: 'refuse' | 'crash';
  readonly keepaliveMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly attemptTimeoutMs: number;
  readonly maxAttempts: number;
  readonly configWaitMs: number;
  /** Where the last good configuration is kept; undefined = nowhere. */
  readonly bootCacheFile: string | undefined;
}

interface Clock {
  readonly now: () => number;
  readonly roll: () => number;
}

/** The boot cache is written when the configuration has been quiet this long. */
const CACHE_WRITE_DELAY_MS = 500;

/** Brings up one sidecar; resolves when all its ports are bound. The returned function drains and frees everything. */
export async function startSidecar(
  settings: SidecarSettings,
  clock: Clock,
): Promise<() => Promise<void>> {
  const ads = new AdsClient(
    { ...settings, server: settings.controlPlane, nodeId: settings.instance },
    clock,
  );
  const routing = new Routing(
    { ...settings, dnsPort: settings.inboundPort },
    (service) => ads.subscribe(service),
    clock.now,
  );
  const pools = new UpstreamPools();
  const sessions = new UpstreamSessions();
  const loads = new LoadCounts();
  const reporter = new LoadReporter(settings.controlPlane, ads.node, loads, clock.roll);
  const outbound = createOutboundProxy({
    ...settings,
    ...clock,
    routing,
    pools,
    sessions,
    resolver: new DnsResolver(createNameLookup(settings.dnsServer), clock.now),
    outliers: new OutlierDetection(clock.now, clock.roll),
    budget: new RetryBudget(),
    breakers: new CircuitBreakers(),
    loads,
  });
  const inbound = createInboundProxy({
    service: settings.service,
    application: { address: settings.address, port: settings.applicationPort },
    pools,
    sessions,
    timeoutMs: settings.attemptTimeoutMs * settings.maxAttempts,
  });
  await listen(outbound.socket, settings.outboundPort, settings.address);
  await listen(inbound.socket, settings.inboundPort, settings.address);
  const admin = await serveAdmin(
    createAdminHandler(ads, routing),
    settings.adminPort,
    settings.address,
  );
  const keepOnDisk = await connectBootCache(settings.bootCacheFile, ads);
  const takeUp = () => {
    const { cache, connected, acceptedMs } = ads;
    routing.updateXds({ cache, connected, acceptedMs });
  };
  takeUp();
  // A proxy whose application calls nobody still has to be told about: its own service keeps its stream alive.
  ads.subscribe(settings.service);
  for (const service of settings.upstreams) routing.follow(service);
  ads.start(() => {
    takeUp();
    keepOnDisk();
  });
  const identity = {
    id: settings.instance,
    kind: 'sidecar',
    server: settings.controlPlane,
  } as const;
  const meter = metrics.getMeter('detour-sidecar');
  const endReport = reportXdsClient(meter, identity, () => reportXds(ads), clock.now);
  stateSafeguards(meter, () => ({ 'ignore-resource-deletion': ads.onDeletion === 'keep' }));
  return async () => {
    endReport();
    await Promise.all([outbound.drain(), inbound.drain()]);
    reporter.stop();
    ads.stop();
    await admin.close();
    pools.close();
    sessions.close();
  };
}

/** Takes up what the file holds and returns what is to be called after each update. */
async function connectBootCache(file: string | undefined, ads: AdsClient): Promise<() => void> {
  if (file === undefined) return () => undefined;
  const kept = await readBootCache(file);
  if (kept) ads.resume(kept.cache, kept.services, kept.acceptedMs);
  let timer: NodeJS.Timeout | undefined;
  return () => {
    if (!ads.connected || ads.acceptedMs === undefined || timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      const { cache, services, acceptedMs } = ads;
      if (acceptedMs === undefined) return;
      writeBootCache(file, { cache, services, acceptedMs }).catch((error: unknown) => {
        process.stderr.write(`cannot keep the configuration in ${file}: ${String(error)}\n`);
      });
    }, CACHE_WRITE_DELAY_MS);
    timer.unref();
  };
}
