import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

/** A program that knows nothing of its supervisor. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Answers 200 once the program is ready. */
  readonly readyUrl: string;
}

const POLL_MS = 50;
const POLL_LIMIT_MS = 1000;

/** In a group of its own, as our own processes are; where the system can, it ends with a supervisor that was killed. */
export function spawnProgram({ command, args }: Program): ChildProcess {
  const [file, ...rest] = canEndWithParent()
    ? ['setpriv', '--pdeathsig', 'KILL', '--', command, ...args]
    : [command, ...args];
  return spawn(file, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
}

/** False when the program ended first. */
export async function untilReady({ readyUrl }: Program, child: ChildProcess): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const response = await fetch(readyUrl, { signal: AbortSignal.timeout(POLL_LIMIT_MS) }).catch(
      () => undefined,
    );
    await response?.body?.cancel();
    if (response?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}

let endsWithParent: boolean | undefined;

/** util-linux's setpriv becomes the program, under the same process id. */
function canEndWithParent(): boolean {
  endsWithParent ??=
    spawnSync('setpriv', ['--pdeathsig', 'KILL', '--', 'true'], { stdio: 'ignore' }).status === 0;
  return endsWithParent;
}
