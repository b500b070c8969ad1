import type { KnipConfig } from 'knip';

export default {
  // The last three are started as processes of their own.
  entry: [
    'processes/!(*.config).ts',
    'bench/*.{ts,mjs}',
    'scripts/*.mjs',
    'tests/support/hold-postgres.ts',
    'tests/support/stock-sdk.mjs',
    'bench/support/http-backend.ts',
    'bench/support/pipe-proxy.ts',
  ],
  project: [
    '{app,analysis,ingest,instrumentation,lab,processes,store,telemetry,views,tests,bench,scripts}/**/*.{ts,tsx,mjs}',
  ],
  // util-linux's, where it is there.
  ignoreBinaries: ['setpriv'],
  ignoreDependencies: [
    // Imported by the generated client.
    '@prisma/client',
    // Resolved by path: the engine and its WebAssembly lie beside each other.
    '@prisma/schema-engine-wasm',
    // Imported by app/globals.css.
    'tailwindcss',
  ],
} satisfies KnipConfig;
