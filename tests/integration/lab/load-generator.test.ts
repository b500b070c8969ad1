import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { LoadGenerator } from '#lab/load/load-generator.ts';
import { waitFor } from '#tests/support/run-stack.ts';

describe('users of the lab', () => {
  let gateway: Server | undefined;
  let load: LoadGenerator | undefined;

  afterEach(async () => {
    await load?.stop();
    gateway?.closeAllConnections();
    gateway?.close();
  });

  /** A gateway that says with `ready` whether it lets users in; what it was asked, in order. */
  async function startGateway(ready: (asked: number) => number): Promise<readonly string[]> {
    const paths: string[] = [];
    const server = createServer((request, response) => {
      const path = request.url ?? '';
      paths.push(path);
      const isReady = path === '/-/ready';
      const asked = paths.filter((each) => each === '/-/ready').length;
      response.writeHead(isReady ? ready(asked) : 200).end('{"token":"t"}');
    });
    gateway = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    load = new LoadGenerator(
      { gatewayUrl: `http://127.0.0.1:${port}`, requestsPerSecond: 100, seed: 1 },
      { now: Date.now, rollFrom: () => Math.random },
    );
    void load.start();
    return paths;
  }

  it('come when the gateway lets them in, and not before', async () => {
    const paths = await startGateway((asked) => (asked < 4 ? 503 : 200));
    await waitFor(() => paths.length >= 10, { limitMs: 20_000, describe: () => 'nobody came' });
    expect(paths.slice(0, 4)).toEqual(Array(4).fill('/-/ready'));
    expect(paths.slice(4)).not.toContain('/-/ready');
  });

  it('come at once to a gateway that says nothing of it', async () => {
    const paths = await startGateway(() => 404);
    await waitFor(() => paths.length >= 5, { limitMs: 20_000, describe: () => 'nobody came' });
    expect(paths[0]).toBe('/-/ready');
    expect(paths.slice(1)).not.toContain('/-/ready');
  });
});
