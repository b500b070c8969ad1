import { request } from 'undici';

export interface Registration {
  readonly service: string;
  readonly address: string;
  readonly meshPort: number;
  readonly appPort: number;
  readonly grpcPort?: number;
  readonly protocol: 'http' | 'grpc';
}

const HEARTBEAT_MS = 1000;
const TIMEOUT_MS = 800;

/**
 * Keeps an instance in the registry for as long as `isReady`, by a heartbeat each second. The returned function takes it
 * out again.
 */
export function registerInstance(
  registryUrl: string,
  instance: string,
  registration: Registration,
  isReady: () => Promise<boolean>,
): () => Promise<void> {
  const url = `${registryUrl}/instances/${instance}`;
  const beat = async (): Promise<void> => {
    if (await isReady()) await send('PUT', url, registration);
  };
  const timer = setInterval(() => void beat(), HEARTBEAT_MS);
  void beat();
  return async () => {
    clearInterval(timer);
    await send('DELETE', url, undefined);
  };
}

/** True when the proxy beside the application answers. */
export async function isSidecarReady(readyUrl: string): Promise<boolean> {
  return (await send('GET', readyUrl, undefined)) === 200;
}

/** The status, or 0 when nobody answered: the next heartbeat tries again. */
async function send(method: 'GET' | 'PUT' | 'DELETE', url: string, body: object | undefined) {
  try {
    const { statusCode, body: reply } = await request(url, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body ? JSON.stringify(body) : null,
      headersTimeout: TIMEOUT_MS,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await reply.dump();
    return statusCode;
  } catch {
    return 0;
  }
}
