import type { ZodType } from 'zod';

/** A setting that cannot work. Its message is one line that says what to do; the process ends with exit code 64. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

export interface Running {
  /** Drains what was accepted, then frees everything. */
  readonly stop: () => Promise<void>;
  /** Printed with the ready line, e.g. the ports that were bound. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** sysexits.h EX_USAGE: the supervisor does not restart a process that ends with it. */
const EXIT_USAGE = 64;
/** Longer than any drain should take; a hung drain must not keep the terminal. */
const STOP_LIMIT_MS = 4000;

/**
 * Runs one process: starts it, says that it is ready, drains it on SIGTERM, SIGINT or when its parent is gone.
 *
 * Ready is said twice: as a JSON line on stdout for people and scripts, and as an IPC message for the supervisor.
 */
export function runProcess(start: () => Promise<Running>): void {
  // A parent that dies while this process starts must not leave it behind.
  const abandon = (): never => process.exit(1);
  process.on('disconnect', abandon);
  start().then(
    (running) => {
      const stop = stopOnce(running);
      process.off('disconnect', abandon);
      process.on('SIGTERM', stop);
      process.on('SIGINT', stop);
      process.on('disconnect', stop);
      // Whoever hears it may end this process at once, and means it to drain.
      process.stdout.write(`${JSON.stringify({ ready: true, ...running.details })}\n`);
      process.send?.({ kind: 'ready', ...running.details });
    },
    (error: unknown) => endWith(error),
  );
}

/** The settings that `schema` describes, read from the environment; each fault is named with its variable. */
export function readSettings<T>(schema: ZodType<T>, env: NodeJS.ProcessEnv = process.env): T {
  const result = schema.safeParse(env);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new SettingError(`wrong setting: ${faults.join('; ')}`);
}

function stopOnce(running: Running): () => void {
  let stopping = false;
  return () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref();
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => endWith(error),
    );
  };
}

function endWith(error: unknown): never {
  if (error instanceof SettingError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_USAGE);
  }
  if (isAddressInUse(error)) {
    process.stderr.write(
      `port ${error.port} on ${error.address} is taken: end the program that holds it, or choose another port\n`,
    );
    process.exit(EXIT_USAGE);
  }
  process.stderr.write(
    `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}

function isAddressInUse(error: unknown): error is { port: number; address: string } {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
