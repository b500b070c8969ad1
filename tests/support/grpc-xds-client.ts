/**
 * A stock gRPC client over `xds:///`, in a process of its own: grpc-js-xds reads its bootstrap once per process. It calls
 * at an even rate and reports every result; a message `new-channel` makes it call over one more channel.
 */
import {
  addAdminServicesToServer,
  credentials,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
} from '@grpc/grpc-js';
import { register } from '@grpc/grpc-js-xds';
import { ECHO } from './echo-backend.ts';

const PERIOD_MS = 50;
const DEADLINE_MS = 1000;

register();
const [target = '', csdsAddress] = process.argv.slice(2);
const Echo = makeGenericClientConstructor(ECHO, 'Echo');
let channels = 0;

function openChannel(): void {
  const channel = channels;
  channels += 1;
  const client = new Echo(target, credentials.createInsecure());
  const hello = client['Hello']?.bind(client);
  const call = () => {
    const atMs = Date.now();
    hello?.(
      {},
      { deadline: atMs + DEADLINE_MS },
      (error: { code: number; details: string } | null, reply?: { from: string }) => {
        process.send?.({
          channel,
          sentAtMs: atMs,
          afterMs: Date.now() - atMs,
          code: error?.code ?? 0,
          details: error?.details ?? '',
          from: reply?.from ?? '',
        });
      },
    );
  };
  call();
  setInterval(call, PERIOD_MS);
}

if (csdsAddress !== undefined) {
  const server = new Server();
  addAdminServicesToServer(server);
  server.bindAsync(csdsAddress, ServerCredentials.createInsecure(), () => undefined);
}
openChannel();
process.on('message', openChannel);
process.on('disconnect', () => process.exit(0));
