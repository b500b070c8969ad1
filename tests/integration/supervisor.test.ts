import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SUPERVISOR = path.join(import.meta.dirname, '../../dist/processes/supervisor.js');

describe('npm start, given what cannot work', () => {
  let dataDir: string;
  beforeAll(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'detour-supervisor-'));
  });
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  const start = (args: readonly string[], env: Record<string, string> = {}) => {
    const result = spawnSync(process.execPath, [SUPERVISOR, '--data-dir', dataDir, ...args], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
      timeout: 30_000,
    });
    return { code: result.status, line: result.stderr.trim() };
  };

  it('names a wrong flag in one line and exits with 64', () => {
    const { code, line } = start(['--port', 'three']);
    expect(code).toBe(64);
    expect(line).toContain('--port');
    expect(line.split('\n')).toHaveLength(1);
  });

  it('names the port that is taken and the flag that changes it', async () => {
    const server = await listen();
    const { port } = server.address() as { port: number };
    const { code, line } = start(['--no-lab', '--port', `${port}`]);
    server.close();
    expect(code).toBe(64);
    expect(line).toContain(`port ${port}`);
    expect(line).toContain('--port');
    expect(line.split('\n')).toHaveLength(1);
  });

  it('gives the addresses of a lab to one of two that start at once, and tells the other of the flag', async () => {
    // Whoever has the addresses waits for a database that never says anything.
    const silent = await listen();
    const { port: database } = silent.address() as { port: number };
    const children = await Promise.all(
      [1, 2].map(async (nth) => {
        const [port, http, grpc] = await Promise.all([freePort(), freePort(), freePort()]);
        return spawn(
          process.execPath,
          [
            ...[SUPERVISOR, '--data-dir', `${dataDir}/lab-${nth}`, '--lab-net', '251'],
            ...['--port', `${port}`, '--otlp-http-port', `${http}`, '--otlp-grpc-port', `${grpc}`],
          ],
          {
            env: {
              ...process.env,
              DATABASE_URL: `postgresql://someone@127.0.0.1:${database}/detour`,
            },
          },
        );
      }),
    );
    try {
      const refused = await Promise.race(
        children.map(async (child) => {
          let told = '';
          child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
            told += chunk;
          });
          const code = await new Promise((resolve) => child.once('close', resolve));
          return { code, told: told.trim() };
        }),
      );
      expect(refused.code).toBe(64);
      expect(refused.told).toMatch(/^another lab runs on 127\.251\.9\.1: .*--lab-net.*$/);
    } finally {
      for (const child of children) child.kill('SIGKILL');
      silent.close();
    }
  }, 60_000);

  it('says which database it cannot reach and what to do', async () => {
    const [port, http, grpc, nobody] = await Promise.all([
      freePort(),
      freePort(),
      freePort(),
      freePort(),
    ]);
    const { code, line } = start(
      [
        '--no-lab',
        '--port',
        `${port}`,
        '--otlp-http-port',
        `${http}`,
        '--otlp-grpc-port',
        `${grpc}`,
      ],
      { DATABASE_URL: `postgresql://someone@127.0.0.1:${nobody}/detour` },
    );
    expect(code).toBe(64);
    expect(line).toContain('DATABASE_URL');
    expect(line.split('\n')).toHaveLength(1);
  });
});

function listen(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

async function freePort(): Promise<number> {
  const server = await listen();
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}
