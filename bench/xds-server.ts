/**
 * The server half of the xDS bench, in a process of its own. `control-plane` is the real one; `floor` is grpc-js alone,
 * which sends every stream one message of the same size and waits for a reply to each.
 */
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { startLeanOtelSdk } from '#instrumentation/otel-sdk.ts';
import { AdsServer } from '#lab/control-plane/ads-server.ts';
import { ControlPlane } from '#lab/control-plane/control-plane.ts';
import type { ServiceCatalogue } from '#lab/control-plane/mesh-model.ts';
import type { PushLog } from '#lab/control-plane/push-log.ts';
import { pushLog } from '#lab/control-plane/push-spans.ts';
import { ADS } from '#lab/xds/services.ts';

const HOST = '127.24.9.1';
const [mode = 'control-plane', otlp] = process.argv.slice(2);

/**
 * Counts answers of one round, and says how long the last one took to come and what it cost this process. A late answer to
 * an earlier message is none of this round: counted, it would end the round before its time, and a later one never.
 */
class Round {
  #startedMs = 0;
  #startedCpu = process.cpuUsage();
  #left = 0;
  #version = 0;

  /** `change` sends the messages and returns their version. */
  begin(count: number, change: () => number): void {
    this.#left = count;
    this.#startedCpu = process.cpuUsage();
    this.#startedMs = performance.now();
    this.#version = change();
  }

  answered(version: number): void {
    if (this.#left === 0 || version !== this.#version) return;
    this.#left -= 1;
    if (this.#left > 0) return;
    const { user, system } = process.cpuUsage(this.#startedCpu);
    const ms = performance.now() - this.#startedMs;
    process.send?.({ kind: 'round', ms, cpuMs: (user + system) / 1000 });
  }
}

const round = new Round();
if (otlp !== undefined)
  startLeanOtelSdk({ serviceName: 'control-plane', instanceId: 'bench', endpoint: otlp });
const { port, change } = await (mode === 'floor' ? startFloor() : startControlPlane());
process.on('message', ({ streams }: { streams: number }) => {
  round.begin(streams, change);
});
process.on('disconnect', () => process.exit(0));
process.send?.({ kind: 'ready', address: `${HOST}:${port}` });

async function startControlPlane() {
  const told = pushLog();
  const log: PushLog = {
    ...told,
    pushed: (facts) => {
      const end = told.pushed(facts);
      return (outcome) => {
        end(outcome);
        if (facts.type === 'EDS' && outcome.kind === 'acked') round.answered(facts.version);
      };
    },
  };
  const controlPlane: ControlPlane = new ControlPlane({
    identifier: 'bench',
    firstVersion: 1,
    firstRelease: 'r1',
    loadReports: false,
    now: Date.now,
    onPublished: () => ads.pushDue(),
    onFaultsChanged: () => ads.pushDue(),
  });
  const ads: AdsServer = new AdsServer({ source: controlPlane, log, identifier: 'bench' });
  let changes = 0;
  const publish = () => controlPlane.applyCatalogue(catalogue(changes));
  publish();
  return {
    port: await ads.listen(0, HOST),
    change: () => {
      changes += 1;
      publish();
      return controlPlane.snapshot?.proxyless.EDS.version ?? 0;
    },
  };
}

/** Six services, as in the lab; each change moves one endpoint of `song`. */
function catalogue(change: number): ServiceCatalogue {
  const names = ['gateway', 'login', 'playlist', 'song', 'artist', 'image'];
  return {
    services: names.map((name) => ({ name, protocol: 'http' })),
    instances: names.flatMap((service, index) =>
      [1, 2].map((n) => ({
        id: `${service}-${n}`,
        service,
        address: `127.24.${10 + index}.${service === 'song' && n === 1 ? 1 + (change % 200) : n}`,
        meshPort: 15_006,
        appPort: 8080,
        protocol: 'http' as const,
      })),
    ),
  };
}

async function startFloor() {
  const streams = new Set<ServerDuplexStream<Buffer, Buffer>>();
  let changes = 0;
  const server = new Server({ 'grpc.enable_channelz': 0 });
  const raw = Object.fromEntries(
    Object.entries(ADS).map(([name, method]) => [
      name,
      {
        ...method,
        responseSerialize: (bytes: Buffer) => bytes,
        requestDeserialize: (bytes: Buffer) => bytes,
      },
    ]),
  );
  server.addService(raw, {
    StreamAggregatedResources: (call: ServerDuplexStream<Buffer, Buffer>) => {
      let answers = 0;
      // As a subscription does, the first message asks for an answer: so the client knows that it is served.
      call.on('data', () => {
        if (answers === 0) call.write(message);
        else round.answered(answers);
        answers += 1;
      });
      streams.add(call);
      call.on('error', () => streams.delete(call));
      call.on('end', () => call.end());
    },
    DeltaAggregatedResources: () => undefined,
  });
  const message = Buffer.alloc(300);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${HOST}:0`, ServerCredentials.createInsecure(), (error, at) =>
      error ? reject(error) : resolve(at),
    );
  });
  return {
    port: bound,
    change: () => {
      for (const call of streams) call.write(message);
      changes += 1;
      return changes;
    },
  };
}
