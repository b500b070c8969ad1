import { UnavailableError } from './export-outcome.ts';

const RETRY_AFTER_SECONDS = 1;

/**
 * Waits until the store has what was written. Whatever keeps it from that passes, or must be mended here, not at the
 * client: the client keeps its copy and sends it again.
 */
export async function untilStored(written: Promise<boolean>): Promise<void> {
  try {
    await written;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UnavailableError(`the store cannot take it now: ${reason}`, RETRY_AFTER_SECONDS, {
      cause: error,
    });
  }
}

/** "3 spans rejected: a trace id is not 16 bytes (2), a span id is all zero (1)"; '' when none was. */
export function rejectionMessage(items: string, rejected: ReadonlyMap<string, number>): string {
  if (rejected.size === 0) return '';
  const reasons = [...rejected].map(([reason, count]) => `${reason} (${count})`);
  return `${countOf(rejected)} ${items} rejected: ${reasons.join(', ')}`;
}

export function countOf(rejected: ReadonlyMap<string, number>): number {
  return [...rejected.values()].reduce((sum, count) => sum + count, 0);
}
