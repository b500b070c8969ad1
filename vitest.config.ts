import { configDefaults, defineConfig } from 'vitest/config';

/** gRPC's own clients against our control plane: each file has addresses of its own, and waits for most of its time. */
const XDS_CLIENTS = 'tests/integration/xds/grpc-*.test.ts';
/** Many processes each, or seconds that are held against each other: nothing else runs beside them. */
const MESH = ['tests/integration/lab/**/*.test.ts', 'tests/integration/*{kill,story,-lab}.test.ts'];

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
          exclude: [...configDefaults.exclude, XDS_CLIENTS, ...MESH],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'mesh',
          include: MESH,
          testTimeout: 60_000,
          hookTimeout: 60_000,
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
