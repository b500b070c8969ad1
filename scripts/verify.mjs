/** `npm run verify`: the checks and the unit tests. Needs no database. Exits non-zero on any failure. */
import { CHECKS, runSideBySide } from './side-by-side.mjs';

const results = await runSideBySide([...CHECKS, ['vitest', 'run', '--project', 'unit']]);
process.exit(results.some(({ code }) => code !== 0) ? 1 : 0);
