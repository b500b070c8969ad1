import { readdirSync, readFileSync } from 'node:fs';

/** `root` and everything below it by parent, from /proc: Linux only. */
export function processTree(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = Number(processStat(Number(entry))?.[1] ?? Number.NaN);
    if (parent) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const below = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(below)];
  return below(root);
}

/** Fields of /proc/PID/stat after the name, which may hold spaces: state, parent, …; undefined when it is gone. */
export function processStat(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Command line with its arguments joined by spaces; '' when the process is gone. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** A zombie waits for its parent to ask after it: it runs no more. */
export function isRunning(pid: number): boolean {
  const state = processStat(pid)?.[0];
  return state !== undefined && state !== 'Z';
}
