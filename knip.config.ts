import type { KnipConfig } from 'knip';

export default {
  entry: [
    'processes/!(*.config).ts',
    'bench/*.{ts,mjs}',
    'scripts/*.mjs',
    'instrumentation.ts',
    'prisma.config.ts',
  ],
  project: [
    '{app,analysis,ingest,instrumentation,lab,processes,store,telemetry,views,tests,bench,scripts}/**/*.{ts,tsx,mjs}',
  ],
  ignore: ['store/generated/**'],
} satisfies KnipConfig;
