import type { KnipConfig } from 'knip';

export default {
  // The last is started by a test as a process of its own.
  entry: [
    'processes/!(*.config).ts',
    'bench/*.{ts,mjs}',
    'scripts/*.mjs',
    'tests/support/hold-postgres.ts',
  ],
  project: [
    '{app,analysis,ingest,instrumentation,lab,processes,store,telemetry,views,tests,bench,scripts}/**/*.{ts,tsx,mjs}',
  ],
  ignoreDependencies: [
    // Imported by the generated client.
    '@prisma/client',
    // Resolved by path: the engine and its WebAssembly lie beside each other.
    '@prisma/schema-engine-wasm',
    // Imported by app/globals.css.
    'tailwindcss',
  ],
} satisfies KnipConfig;
