import { configDefaults, defineConfig } from 'vitest/config';

/** gRPC's own clients against our control plane: each file has addresses of its own, and waits for most of its time. */
const XDS_CLIENTS = 'tests/integration/xds/grpc-*.test.ts';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts'],
          testTimeout: 30_000,
          // Pure rooms leave nothing behind: a worker for each file takes more time than its tests.
          isolate: false,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          exclude: [...configDefaults.exclude, XDS_CLIENTS],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Two cores: files that each start a PostgreSQL or a mesh get in each other's way.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'xds-clients',
          include: [XDS_CLIENTS],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
