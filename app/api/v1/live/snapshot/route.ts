import { liveFeed } from '../../../../_server/live-feed.ts';

export const dynamic = 'force-dynamic';

/** The newest snapshot of the live stream, once: for browsers that cannot keep the stream open. */
export async function GET(): Promise<Response> {
  const feed = liveFeed();
  const leave = feed.join();
  try {
    const event = await feed.next(undefined);
    return new Response(event.json, {
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    });
  } finally {
    leave();
  }
}
