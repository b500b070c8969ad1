import type { KnipConfig } from 'knip';

export default {
  // The last two are started by tests as processes of their own.
  entry: [
    'processes/!(*.config).ts',
    'bench/*.{ts,mjs}',
    'scripts/*.mjs',
    'tests/support/hold-postgres.ts',
    'tests/support/stock-sdk.mjs',
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
