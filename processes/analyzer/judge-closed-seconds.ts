import { setTimeout as sleep } from 'node:timers/promises';
import { unixSecond } from '#telemetry/time.ts';
import type { SecondJudge } from './second-judge.ts';

/** How often the open second is looked at as it fills. */
const LOOK_EVERY_MS = 150;
/** After the store failed: it is most likely restarting. */
const PAUSE_MS = 1000;

/**
 * Judges one second after the other, each once it is over and `latenessMs` have passed, and looks at those that are not
 * over yet. The returned function ends it behind the second under way. A second that fails is judged again: nothing is
 * skipped.
 */
export function judgeClosedSeconds(judge: SecondJudge, latenessMs: number): () => Promise<void> {
  let stopped = false;
  const run = async (): Promise<void> => {
    while (!stopped) {
      const next = unixSecond(judge.judgedSecond + 1);
      const isClosed = msUntilClosed(next, latenessMs) <= 0;
      const done = isClosed
        ? await attempt(`second ${next} was not judged`, () => judge.judge(next))
        : await attempt('the open second was not looked at', () => judge.watchOpenSeconds());
      const waitMs = Math.min(LOOK_EVERY_MS, msUntilClosed(judge.judgedSecond + 1, latenessMs));
      await sleep(done ? Math.max(0, waitMs) : PAUSE_MS);
    }
  };
  const running = run();
  return async () => {
    stopped = true;
    await running;
  };
}

function msUntilClosed(second: number, latenessMs: number): number {
  return (second + 1) * 1000 + latenessMs - Date.now();
}

async function attempt(failure: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    process.stderr.write(`${failure}: ${String(error)}\n`);
    return false;
  }
}
