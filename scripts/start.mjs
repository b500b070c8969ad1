/** `npm start`: makes ready what is missing, then becomes the supervisor. Flags go through to it (`npm start -- --help`). */
import path from 'node:path';
import { checkNode, prepare, ROOT } from './prepare.mjs';

checkNode();
process.chdir(ROOT);
if (!process.argv.includes('--help')) await prepare();
await import(path.join(ROOT, 'dist', 'processes', 'supervisor.js'));
