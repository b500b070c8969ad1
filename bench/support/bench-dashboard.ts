import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '../..');
const FILE = path.join(ROOT, 'dist/processes/dashboard.js');

interface BenchDashboard {
  readonly url: string;
  readonly process: ChildProcess;
  readonly stop: () => Promise<void>;
}

/** The built dashboard as a process of its own, on a port that was free. */
export async function startBenchDashboard(databaseUrl: string): Promise<BenchDashboard> {
  if (!fs.existsSync(FILE)) throw new Error('the dashboard is not built: npm run build');
  const port = await freePort();
  const child = spawn(process.execPath, [FILE], {
    cwd: ROOT,
    env: {
      ...process.env,
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      HOST: '127.0.0.1',
      PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await ready(child);
  return {
    url: `http://127.0.0.1:${port}`,
    process: child,
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** Next says things of its own before our ready line. */
async function ready(child: ChildProcess): Promise<void> {
  let said = '';
  const isReady = new Promise<void>((resolve) => {
    child.stdout?.on('data', (part: Buffer) => {
      said += part.toString();
      if (said.includes('"ready":true')) resolve();
    });
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`the dashboard did not start: ${said}`);
  });
  await Promise.race([isReady, ended]);
  ended.catch(() => undefined);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was free');
  return address.port;
}
