import { once } from 'node:events';
import { createServer } from 'node:http';
import next from 'next';
import { DashboardSettings } from './dashboard.config.ts';
import { readSettings, runProcess } from './run-process.ts';

/** The built dashboard behind Node's own server, so that it answers to the supervisor like every other process. */
runProcess(async () => {
  const { HOST, PORT } = readSettings(DashboardSettings);
  const app = next({ dev: false, hostname: HOST, port: PORT });
  await app.prepare();
  const handle = app.getRequestHandler();
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      response.destroy();
    });
  });
  server.listen(PORT, HOST);
  await once(server, 'listening');
  return {
    details: { host: HOST, port: PORT },
    stop: async () => {
      server.close();
      // Live streams never end by themselves.
      server.closeAllConnections();
      await app.close();
    },
  };
});
