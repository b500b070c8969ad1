/**
 * npm run bench:xds. One changed endpoint to the last acknowledgement, and cold subscriptions, at a thousand and four
 * thousand ADS streams, each on a connection of its own. The clients share the machine with the server.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus } from 'node:os';
import path from 'node:path';
import { RawAdsClient } from './raw-ads-client.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 21);
const WARM_UP_ROUNDS = 5;
const ROUND_LIMIT_MS = 30_000;
const SIZES = (process.env['SIZES'] ?? '1000,4000').split(',').map(Number);
/**
 * Connections that are opened at once: more than the server's listen queue holds (511) are dropped, and try again after
 * 1, 3, 7 … 63 s.
 */
const BATCH = 200;

type Reply =
  | { readonly kind: 'ready'; readonly address: string }
  | { readonly kind: 'round'; readonly ms: number; readonly cpuMs: number };

const sink = createServer((request, response) => {
  request.resume();
  request.on('end', () => response.end());
});
await new Promise<void>((resolve) => sink.listen(0, '127.24.9.1', resolve));
const otlp = `http://127.24.9.1:${(sink.address() as AddressInfo).port}`;

console.log(
  `${new Date().toISOString()} node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}`,
);
for (const streams of SIZES) {
  await measure('grpc-js alone', ['floor'], streams);
  await measure('control plane', ['control-plane'], streams);
  await measure('control plane, spans exported', ['control-plane', otlp], streams);
}
sink.close();
sink.closeAllConnections();

async function measure(title: string, args: readonly string[], streams: number): Promise<void> {
  const server = fork(path.join(import.meta.dirname, 'xds-server.ts'), args, {
    execArgv: ['--import', 'tsx'],
  });
  const ready = await reply(server, 'ready');
  const clients = Array.from(
    { length: streams },
    () =>
      new RawAdsClient(ready.address, (reason) => {
        throw new Error(`${title}: a stream of ${streams} was lost: ${reason}`);
      }),
  );
  const startedMs = performance.now();
  await open(clients, args[0] === 'floor');
  const coldMs = performance.now() - startedMs;
  const roundsMs: number[] = [];
  const cpuMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const done = reply(server, 'round');
    server.send({ streams });
    const { ms, cpuMs: cpu } = await done;
    roundsMs.push(ms);
    cpuMs.push(cpu);
  }
  const cpu = sortedAt(cpuMs.slice(WARM_UP_ROUNDS), 0.5);
  const warm = roundsMs.slice(WARM_UP_ROUNDS);
  const cold = `, cold subscription of all ${coldMs.toFixed(0)} ms`;
  console.log(
    `${title}: ${streams} streams, one change to all acknowledgements p50 ${sortedAt(warm, 0.5)} ms (${cpu} ms of CPU in the server), best ${sortedAt(warm, 0)} ms, worst ${sortedAt(warm, 1)} ms${cold}`,
  );
  for (const client of clients) client.close();
  const gone = new Promise((resolve) => server.once('exit', resolve));
  server.disconnect();
  await gone;
}

async function open(clients: readonly RawAdsClient[], isFloor: boolean): Promise<void> {
  for (let start = 0; start < clients.length; start += BATCH) {
    const batch = clients.slice(start, start + BATCH);
    await Promise.all(
      batch.map((client, index) =>
        isFloor ? client.echo() : client.subscribe(`bench-${start + index}`),
      ),
    );
  }
}

function sortedAt(values: readonly number[], share: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN).toFixed(0);
}

function reply<Kind extends Reply['kind']>(
  server: ChildProcess,
  kind: Kind,
): Promise<Extract<Reply, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      server.off('message', onMessage);
      server.off('exit', onExit);
      clearTimeout(limit);
    };
    const onMessage = (message: unknown) => {
      const read = message as Reply;
      if (read.kind !== kind) return;
      settle();
      resolve(read as Extract<Reply, { kind: Kind }>);
    };
    const onExit = (code: number | null) => {
      settle();
      reject(new Error(`the server ended with ${code}`));
    };
    const limit = setTimeout(() => {
      settle();
      reject(new Error(`no ${kind} within ${ROUND_LIMIT_MS} ms`));
    }, ROUND_LIMIT_MS);
    server.on('message', onMessage);
    server.on('exit', onExit);
  });
}
