import path from 'node:path';
import { defineConfig } from 'prisma/config';

// The CLI downloads a native schema engine before every command unless this names an existing file. It reads this
// configuration first, so that setting it here keeps the CLI offline: the file runs the same engine as WASM.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= path.join(
  import.meta.dirname,
  'scripts/schema-engine.mjs',
);

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: {
    url: process.env['DATABASE_URL'] ?? 'postgresql://postgres@127.0.0.1:5432/detour',
  },
});
