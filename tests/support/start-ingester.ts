import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const PROCESS = path.join(import.meta.dirname, '../../processes/ingester.ts');

export interface TestIngester {
  readonly child: ChildProcess;
  readonly httpPort: number;
}

/** An ingester process from its source, ready, on ports that the system chooses. */
export async function startIngester(env: Readonly<Record<string, string>>): Promise<TestIngester> {
  const child = spawn(process.execPath, ['--import', 'tsx', PROCESS], {
    env: { ...process.env, OTLP_HTTP_PORT: '0', OTLP_GRPC_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`ended with ${code}`))),
  ])) as [Buffer];
  const { httpPort } = JSON.parse(line.toString()) as { httpPort: number };
  return { child, httpPort };
}

/** Sends one OTLP/HTTP request in protobuf. */
export async function postTraces(httpPort: number, body: Uint8Array): Promise<Response> {
  return await fetch(`http://127.0.0.1:${httpPort}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: Uint8Array.from(body),
  });
}
