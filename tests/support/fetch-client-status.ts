import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import type { ClientStatusRequest, ClientStatusResponse } from '#lab/xds/client-status.ts';
import { CSDS } from '#lab/xds/services.ts';

const Csds = makeGenericClientConstructor(CSDS, 'ClientStatusDiscoveryService');

/** Asks a client or a control plane what it knows (CSDS). */
export async function fetchClientStatus(
  address: string,
  request: ClientStatusRequest | object = {},
): Promise<ClientStatusResponse> {
  const client = new Csds(address, credentials.createInsecure());
  try {
    return await new Promise((resolve, reject) => {
      client['FetchClientStatus']?.(
        request,
        (error: Error | null, response: ClientStatusResponse) => {
          if (error === null) resolve(response);
          else reject(error);
        },
      );
    });
  } finally {
    client.close();
  }
}
