import { setTimeout as sleep } from 'node:timers/promises';
import { drain, listen } from '#lab/xds/http-server.ts';
import { buildArtist } from './artist.ts';
import { SidecarCaller } from './call-service.ts';
import { createHttpService, type HttpRoute } from './http-service.ts';
import { buildImage } from './image.ts';
import { buildPlaylist } from './playlist.ts';
import { isSidecarReady, registerInstance } from './register-instance.ts';
import type { BuildService, ServiceTools } from './sample-service.ts';
import { ServiceFaults } from './service-faults.ts';
import { buildSong } from './song.ts';

export interface ServiceSettings {
  readonly service: string;
  readonly instance: string;
  readonly address: string;
  readonly appPort: number;
  readonly grpcPort: number;
  readonly sidecarOutboundPort: number;
  readonly sidecarInboundPort: number;
  readonly sidecarAdminPort: number;
  readonly sidecarReadyPath: string;
  readonly controlPlane: string;
  readonly dnsServer: string;
  readonly registryUrl: string;
  readonly sessionMs: number;
  /** Of the gRPC library, where the service uses it as an xDS client. */
  readonly ignoresDeletion: boolean;
}

interface Clock {
  readonly now: () => number;
  readonly roll: () => number;
}

interface Story {
  readonly routes: readonly HttpRoute[];
  readonly protocol: 'http' | 'grpc';
  readonly stop: () => Promise<void>;
}

const PLAIN_SERVICES: ReadonlyMap<string, BuildService> = new Map([
  ['song', buildSong],
  ['artist', buildArtist],
  ['image', buildImage],
  ['playlist', buildPlaylist],
]);

export const SERVICE_NAMES: readonly string[] = ['gateway', 'login', ...PLAIN_SERVICES.keys()];

const LEAVING_MS = 300;

/** Brings up one instance of one service; resolves when its ports are bound. The returned function drains it. */
export async function startService(
  settings: ServiceSettings,
  clock: Clock,
): Promise<() => Promise<void>> {
  const faults = new ServiceFaults(clock.roll);
  const caller = new SidecarCaller(settings.address, settings.sidecarOutboundPort);
  const tools = { call: caller.call, work: faults.work };
  const story = await startStory(settings, tools, clock);
  const server = createHttpService(faults.apply([...story.routes, healthRoute]));
  await listen(server, settings.appPort, settings.address);
  const readyUrl = `http://${settings.address}:${settings.sidecarAdminPort}${settings.sidecarReadyPath}`;
  const unregister = registerInstance(
    settings.registryUrl,
    settings.instance,
    {
      service: settings.service,
      address: settings.address,
      meshPort: settings.sidecarInboundPort,
      appPort: settings.appPort,
      protocol: story.protocol,
      ...(story.protocol === 'grpc' && { grpcPort: settings.grpcPort }),
    },
    // HTTP callers come through the proxy, so an instance without one is not there.
    story.protocol === 'grpc' ? async () => true : () => isSidecarReady(readyUrl),
  );
  return async () => {
    await unregister();
    // Callers go on coming until the news has reached their proxies.
    await sleep(LEAVING_MS);
    await drain(server);
    await story.stop();
    await caller.close();
  };
}

const healthRoute: HttpRoute = {
  method: 'GET',
  path: '/-/health',
  isTraced: false,
  handle: async () => ({ status: 200, body: { status: 'ok' } }),
};

/** The gRPC library costs memory and reads its environment once: only the services that speak gRPC load it. */
async function startStory(
  settings: ServiceSettings,
  tools: ServiceTools,
  clock: Clock,
): Promise<Story> {
  if (settings.service === 'gateway') {
    const { startGateway } = await import('./start-gateway.ts');
    const sidecarReadyUrl = `http://${settings.address}:${settings.sidecarAdminPort}/ready`;
    return {
      protocol: 'http',
      ...startGateway({ ...settings, sidecarReadyUrl }, tools, clock.now),
    };
  }
  if (settings.service === 'login') {
    const { startLogin } = await import('./login.ts');
    return { protocol: 'grpc', routes: [], stop: await startLogin(settings, tools) };
  }
  const build = PLAIN_SERVICES.get(settings.service);
  if (!build) throw new RangeError(`no service is called ${settings.service}`);
  return { protocol: 'http', routes: build(tools), stop: async () => undefined };
}
