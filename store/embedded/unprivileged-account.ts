import fs from 'node:fs';
import path from 'node:path';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const CANDIDATES = ['postgres', 'nobody'];

/** Whom PostgreSQL runs as when we are root, which it refuses; undefined when we are not root and need nobody else. */
export function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = fs
    .readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of CANDIDATES) {
    const found = accounts.find((fields) => fields[0] === name && fields[2] !== '0');
    if (found) return { uid: Number(found[2]), gid: Number(found[3]) };
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is no account postgres or nobody to run it as: start as another user, or set DATABASE_URL',
  );
}

/** True when the account may enter every directory above `target`; what does not exist yet does not hinder. */
export function isReachable(target: string, account: Account): boolean {
  let dir = path.resolve(target);
  for (;;) {
    if (fs.existsSync(dir) && fs.statSync(dir).isDirectory() && !mayEnter(dir, account)) {
      return false;
    }
    const parent = path.dirname(dir);
    if (parent === dir) return true;
    dir = parent;
  }
}

function mayEnter(dir: string, { uid, gid }: Account): boolean {
  const stat = fs.statSync(dir);
  if (stat.uid === uid) return (stat.mode & 0o100) !== 0;
  if (stat.gid === gid) return (stat.mode & 0o010) !== 0;
  return (stat.mode & 0o001) !== 0;
}
