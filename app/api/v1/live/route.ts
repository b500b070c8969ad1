import { type LiveEvent, liveFeed } from '../../../_server/live-feed.ts';

export const dynamic = 'force-dynamic';

/** Silence that long makes proxies drop a connection; a comment line keeps it (WHATWG HTML §9.2.7). */
const HEARTBEAT_MS = 15_000;

/** Server-sent events `map`, each the newest snapshot at the moment the browser can take one: a slow one skips. */
export function GET(request: Request): Response {
  const feed = liveFeed();
  const leave = feed.join();
  request.signal.addEventListener('abort', leave);
  let seen = request.headers.get('last-event-id') ?? undefined;
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const event = await Promise.race([feed.next(seen), heartbeat()]);
        if (request.signal.aborted) return controller.close();
        seen = event?.id ?? seen;
        controller.enqueue(encoder.encode(toText(event)));
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    },
  });
}

function toText(event: LiveEvent | undefined): string {
  return event === undefined
    ? ': still here\n\n'
    : `id: ${event.id}\nevent: map\ndata: ${event.json}\n\n`;
}

async function heartbeat(): Promise<undefined> {
  await new Promise((resolve) => setTimeout(resolve, HEARTBEAT_MS).unref());
  return undefined;
}
