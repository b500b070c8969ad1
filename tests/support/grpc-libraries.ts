import { spawnSync } from 'node:child_process';
import { RpcClient } from '#tests/support/rpc-client.ts';

interface GrpcLibrary {
  /** For the name of a test: says so where it is not run, and why. */
  readonly name: string;
  readonly isInstalled: boolean;
  readonly connect: (
    server: string,
    target: string,
    options?: { readonly node?: string; readonly features?: readonly string[] },
  ) => RpcClient;
}

const python = spawnSync('/usr/bin/python3', ['-c', 'import grpc; print(grpc.__version__)'], {
  encoding: 'utf8',
});
/** Undefined where Debian's python3-grpcio is not installed. */
export const CORE_VERSION = python.status === 0 ? python.stdout.trim() : undefined;

export const GRPC_JS: GrpcLibrary = {
  name: 'grpc-js-xds',
  isInstalled: true,
  connect: RpcClient.grpcJs,
};

export const GRPC_CORE: GrpcLibrary = {
  name:
    CORE_VERSION === undefined
      ? "gRPC C-core (not run: Debian's python3-grpcio is missing)"
      : `gRPC C-core ${CORE_VERSION}`,
  isInstalled: CORE_VERSION !== undefined,
  connect: RpcClient.grpcCore,
};
