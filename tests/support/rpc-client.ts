import { type ChildProcess, fork, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface RpcResult {
  readonly channel: number;
  readonly sentAtMs: number;
  readonly afterMs: number;
  /** gRPC status code; 0 is OK. */
  readonly code: number;
  readonly details: string;
  /** Which backend answered. */
  readonly from: string;
}

/** A client process that calls at an even rate; tests read what became of its calls. */
export class RpcClient {
  readonly #child: ChildProcess;
  readonly #results: RpcResult[] = [];
  readonly #waiting = new Set<() => void>();
  /** One more, in the same process; results tell channels apart. */
  readonly openChannel: () => void;

  private constructor(child: ChildProcess, openChannel: () => void) {
    this.#child = child;
    this.openChannel = openChannel;
  }

  /** grpc-js-xds, as npm has it. */
  static grpcJs(
    server: string,
    target: string,
    options: {
      readonly node?: string;
      readonly features?: readonly string[];
      readonly csds?: string;
    } = {},
  ): RpcClient {
    const child = fork(
      fileURLToPath(new URL('./grpc-xds-client.ts', import.meta.url)),
      [target, ...(options.csds === undefined ? [] : [options.csds])],
      { execArgv: ['--import', 'tsx'], env: { ...process.env, ...bootstrap(server, options) } },
    );
    const client = new RpcClient(child, () => child.send({}));
    child.on('message', (result) => client.#take(result as RpcResult));
    return client;
  }

  /** gRPC C-core, through Debian's python3-grpcio. */
  static grpcCore(
    server: string,
    target: string,
    options: { readonly node?: string; readonly features?: readonly string[] } = {},
  ): RpcClient {
    const script = path.join(import.meta.dirname, 'grpc_xds_client.py');
    const child = spawn('/usr/bin/python3', [script, target], {
      env: { ...process.env, ...bootstrap(server, options) },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const client = new RpcClient(child, () => child.stdin.write('\n'));
    createInterface({ input: child.stdout }).on('line', (line) =>
      client.#take(JSON.parse(line) as RpcResult),
    );
    return client;
  }

  /** The signal that ended the process; undefined while it lives. */
  get endedBy(): NodeJS.Signals | undefined {
    return this.#child.signalCode ?? undefined;
  }

  get results(): readonly RpcResult[] {
    return this.#results;
  }

  /** Calls that were made at or after `ms`. */
  since(ms: number, channel = 0): readonly RpcResult[] {
    return this.#results.filter((result) => result.channel === channel && result.sentAtMs >= ms);
  }

  failuresSince(ms: number, channel = 0): readonly RpcResult[] {
    return this.since(ms, channel).filter((result) => result.code !== 0);
  }

  /** The first result, of a call made at or after `fromMs`, that fits. Throws after `limitMs` with what came instead. */
  async waitFor(
    fits: (result: RpcResult) => boolean,
    limitMs: number,
    fromMs = 0,
  ): Promise<RpcResult> {
    const deadlineMs = Date.now() + limitMs;
    for (;;) {
      const found = this.#results.find((result) => result.sentAtMs >= fromMs && fits(result));
      if (found !== undefined) return found;
      const leftMs = deadlineMs - Date.now();
      if (leftMs <= 0)
        throw new Error(`no such result; last: ${JSON.stringify(this.#results.at(-1))}`);
      await this.#nextResult(leftMs);
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }

  #take(result: RpcResult): void {
    this.#results.push(result);
    for (const wake of this.#waiting) wake();
  }

  #nextResult(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, limitMs);
      this.#waiting.add(wake);
    });
  }
}

function bootstrap(
  server: string,
  options: { readonly node?: string; readonly features?: readonly string[] },
): Record<string, string> {
  return {
    GRPC_XDS_BOOTSTRAP_CONFIG: JSON.stringify({
      xds_servers: [
        {
          server_uri: server,
          channel_creds: [{ type: 'insecure' }],
          server_features: ['xds_v3', ...(options.features ?? [])],
        },
      ],
      node: { id: options.node ?? 'gateway-1-grpc', cluster: 'gateway', locality: {} },
    }),
  };
}
