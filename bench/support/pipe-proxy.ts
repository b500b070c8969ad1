/**
 * The least that a proxy on Node's sockets can do: what comes from a caller goes to the backend as it is, and back. A
 * connection to the backend for each caller, nothing read, nothing told: `pipe-proxy.ts HOST PORT BACKEND_HOST BACKEND_PORT`.
 */
import { connect, createServer, type Socket } from 'node:net';

const [host, port, backendHost, backendPort] = process.argv.slice(2);

createServer({ noDelay: true }, (caller) => {
  const backend = connect({ host: backendHost ?? '', port: Number(backendPort), noDelay: true });
  pass(caller, backend);
  pass(backend, caller);
}).listen(Number(port), host);

function pass(from: Socket, to: Socket): void {
  from.on('data', (bytes: Buffer) => to.write(bytes));
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroy());
}
