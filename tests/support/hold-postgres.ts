import { startEmbeddedPostgres } from '#store/embedded/embedded-postgres.ts';

/** Starts the server of the directory that it is given, says its process number, and waits to be ended. */
const { pid, url, adopted } = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '' });
process.stdout.write(`${JSON.stringify({ pid, url, adopted })}\n`);
setInterval(() => undefined, 1000);
