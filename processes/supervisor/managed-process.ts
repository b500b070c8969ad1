import { type ChildProcess, fork } from 'node:child_process';
import { type Program, spawnProgram, untilReady } from './program.ts';

export interface ProcessSpec {
  readonly name: string;
  /** Bundle to run, absolute. */
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
  /** Flags for Node itself. */
  readonly nodeFlags: readonly string[];
  /** Of a program that is not ours: asked at each start how it is to be run under this environment; `file` is unused. */
  readonly program?: (env: Readonly<Record<string, string>>) => Program;
}

export type ProcessState = 'starting' | 'running' | 'stopped' | 'backoff' | 'failed';

/** sysexits.h EX_USAGE: a wrong setting stays wrong, so there is no point in a restart. */
const EXIT_USAGE = 64;
const READY_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 5000;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 10_000;
/** A process that ran this long starts again at the first backoff. */
const STABLE_MS = 30_000;
const KEPT_LINES = 40;

/** Why a process could not be started; the message is what a person can act on. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly isSetting: boolean;
  constructor(message: string, isSetting: boolean) {
    super(message);
    this.isSetting = isSetting;
  }
}

/**
 * One child process: started, watched, restarted with backoff when it ends by itself, stopped within five seconds.
 *
 *   starting ──ready──▶ running ──exit──▶ backoff ──▶ starting
 *      │                   └─deliberate kill, stop──▶ stopped
 *      └─exit 64──▶ failed
 */
export class ManagedProcess {
  readonly spec: ProcessSpec;
  readonly #report: (line: string) => void;
  readonly #log: (line: string) => void;
  #child: ChildProcess | undefined;
  #state: ProcessState = 'stopped';
  #startedAtMs = 0;
  #restarts = 0;
  #backoffMs = FIRST_BACKOFF_MS;
  #timer: NodeJS.Timeout | undefined;
  /** True while an exit is what somebody asked for. */
  #expected = false;
  #overrides: Readonly<Record<string, string>> = {};
  readonly #lines: string[] = [];
  #details: Readonly<Record<string, unknown>> = {};

  /** `report` is for the person who started all, `log` for everything that the process says. */
  constructor(
    spec: ProcessSpec,
    report: (line: string) => void,
    log: (line: string) => void = () => undefined,
  ) {
    this.spec = spec;
    this.#report = report;
    this.#log = log;
  }

  get state(): ProcessState {
    return this.#state;
  }

  /** What the process said beside being ready, e.g. the address that it bound. */
  get details(): Readonly<Record<string, unknown>> {
    return this.#details;
  }

  describe(): Readonly<Record<string, unknown>> {
    return {
      name: this.spec.name,
      pid: this.#child?.pid,
      state: this.#state,
      startedAt: new Date(this.#startedAtMs).toISOString(),
      restarts: this.#restarts,
      lastLines: this.#lines.slice(-10),
    };
  }

  /**
   * Resolves when the process said that it is ready. `env` adds to the spec's, until the next start; one that runs gets it
   * when it is next restarted.
   */
  start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#overrides = env;
    if (this.#state === 'running' || this.#state === 'starting') return Promise.resolve();
    clearTimeout(this.#timer);
    this.#expected = false;
    return this.#spawn(true);
  }

  /** `expected`: the exit that may follow is wanted; it is neither reported nor mended until `start`. */
  signal(signal: NodeJS.Signals, expected: boolean): boolean {
    if (expected && signal !== 'SIGSTOP' && signal !== 'SIGCONT') this.#expected = true;
    return this.#child?.kill(signal) ?? false;
  }

  stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#expected = true;
    const child = this.#child;
    if (!child) {
      this.#state = 'stopped';
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const hard = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
      child.once('exit', () => {
        clearTimeout(hard);
        resolve();
      });
      // A process that a scenario froze cannot hear SIGTERM.
      child.kill('SIGCONT');
      child.kill('SIGTERM');
    });
  }

  #spawn(isFirst: boolean): Promise<void> {
    this.#state = 'starting';
    this.#startedAtMs = Date.now();
    const child = this.#launch();
    this.#child = child;
    this.#keepLines(child);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new StartError(this.#complaint('was not ready after 60 s'), false));
      }, READY_LIMIT_MS);
      child.on('message', (message) => {
        if (!isReady(message)) return;
        clearTimeout(late);
        this.#state = 'running';
        this.#details = message;
        resolve();
      });
      child.once('exit', (code, signal) => {
        clearTimeout(late);
        this.#child = undefined;
        if (this.#state === 'starting' && code === EXIT_USAGE) {
          this.#state = 'failed';
          return reject(new StartError(this.#lines.at(-1) ?? this.#complaint('refused'), true));
        }
        this.#afterExit(code, signal, isFirst && this.#state === 'starting');
        reject(new StartError(this.#complaint('ended while it started'), false));
      });
    });
  }

  #launch(): ChildProcess {
    const env = { ...this.spec.env, ...this.#overrides };
    if (this.spec.program === undefined) {
      return fork(this.spec.file, [], {
        env: { ...process.env, ...env },
        execArgv: [...this.spec.nodeFlags],
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        // A group of its own: Ctrl-C reaches the supervisor alone, which then ends the others in order.
        detached: true,
      });
    }
    const program = this.spec.program(env);
    const child = spawnProgram(program);
    // Said as our own processes say it.
    void untilReady(program, child).then((ready) => {
      if (ready) child.emit('message', { kind: 'ready' });
    });
    return child;
  }

  #afterExit(code: number | null, signal: NodeJS.Signals | null, neverRan: boolean): void {
    // Whoever asked for the first start hears that it failed, and decides.
    if (this.#expected || neverRan) {
      this.#state = 'stopped';
      return;
    }
    if (Date.now() - this.#startedAtMs > STABLE_MS) this.#backoffMs = FIRST_BACKOFF_MS;
    const why = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
    this.#report(`${this.spec.name} ${why}; starting it again in ${this.#backoffMs} ms`);
    this.#state = 'backoff';
    this.#restarts++;
    this.#timer = setTimeout(() => {
      this.#spawn(false).then(
        () => this.#report(`${this.spec.name} runs again`),
        (error: unknown) => {
          if (this.#state === 'failed') this.#report(String(error));
        },
      );
    }, this.#backoffMs);
    this.#backoffMs = Math.min(this.#backoffMs * 2, MAX_BACKOFF_MS);
  }

  #keepLines(child: ChildProcess): void {
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        const said = lines.filter((line) => line.trim() !== '');
        for (const line of said) this.#log(line);
        this.#lines.push(...said);
        this.#lines.splice(0, this.#lines.length - KEPT_LINES);
      });
    }
  }

  #complaint(what: string): string {
    const last = this.#lines.slice(-12).join('\n  ');
    return `${this.spec.name} ${what}${last === '' ? '' : `:\n  ${last}`}`;
  }
}

function isReady(message: unknown): message is Readonly<Record<string, unknown>> {
  return (
    typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'ready'
  );
}
