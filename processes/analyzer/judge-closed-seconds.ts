import type { UnixSecond } from '#telemetry/time.ts';
import { unixSecond } from '#telemetry/time.ts';
import type { SecondJudge } from './second-judge.ts';

/** Judged at the latest so long after it could be. */
const TICK_MS = 100;
/** After the store failed: it is most likely restarting. */
const PAUSE_MS = 1000;

/**
 * Judges one second after the other, each once it is over and `latenessMs` have passed. The returned function ends
 * it behind the second under way. A second that fails is judged again: nothing is skipped.
 */
export function judgeClosedSeconds(judge: SecondJudge, latenessMs: number): () => Promise<void> {
  let stopped = false;
  const run = async (): Promise<void> => {
    while (!stopped) {
      const next = unixSecond(judge.judgedSecond + 1);
      const waitMs = isClosed(next, latenessMs) ? await judgeOne(judge, next) : TICK_MS;
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  };
  const running = run();
  return async () => {
    stopped = true;
    await running;
  };
}

function isClosed(second: UnixSecond, latenessMs: number): boolean {
  return Date.now() >= (second + 1) * 1000 + latenessMs;
}

/** How long to wait before the next one. */
async function judgeOne(judge: SecondJudge, second: UnixSecond): Promise<number> {
  try {
    await judge.judge(second);
    return 0;
  } catch (error) {
    process.stderr.write(`second ${second} was not judged: ${String(error)}\n`);
    return PAUSE_MS;
  }
}
