import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { LoadOrder, LoadReport } from './load-process.ts';

export function runLoad(order: LoadOrder): Promise<LoadReport> {
  return askProcess<LoadOrder, LoadReport>('load-process.ts', order);
}

/** Has a file of this folder do one order, in a process of its own, so that what the loader costs is not counted as ours. */
export async function askProcess<Order extends object, Report>(
  file: string,
  order: Order,
): Promise<Report> {
  const child = fork(path.join(import.meta.dirname, file), { execArgv: ['--import', 'tsx'] });
  child.send(order);
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the loader ended with ${code}`);
  });
  const [report] = (await Promise.race([once(child, 'message'), failed])) as [Report];
  failed.catch(() => undefined);
  child.disconnect();
  return report;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}
