/** How the live data come. `retrying`: the last try failed, the next one is on its way. */
export type LiveLink = 'connecting' | 'streaming' | 'polling' | 'retrying';

export interface LiveMessage {
  readonly link: LiveLink;
  /** The event's JSON; undefined when only the link changed. */
  readonly json?: string;
}

const STREAM_URL = '/api/v1/live';
const SNAPSHOT_URL = '/api/v1/live/snapshot';
const CHANNEL = 'detour-live';
const POLL_MS = 5000;
const RETRY_MS = 1000;
/** While polling, the stream is tried again this often. */
const STREAM_AGAIN_MS = 30_000;
const FAILURES_BEFORE_POLLING = 2;

/**
 * One stream per browser: browsers open six connections to an origin over HTTP/1.1, and a tab that holds one each would
 * block the seventh. Tabs agree on a leader by a Web Lock; it streams and tells the others. Where there are no locks
 * (plain http beyond localhost) each tab streams for itself.
 */
export function startLiveLink(onMessage: (message: LiveMessage) => void): () => void {
  const channel = new BroadcastChannel(CHANNEL);
  const stop = new AbortController();
  let last: LiveMessage = { link: 'connecting' };
  let isLeader = false;
  const publish = (message: LiveMessage) => {
    last = message.json === undefined ? { ...last, link: message.link } : message;
    onMessage(message);
    channel.postMessage({ kind: 'live', message });
  };
  channel.onmessage = ({ data }: MessageEvent<ChannelMessage>) => {
    if (data.kind === 'live' && !isLeader) onMessage(data.message);
    if (data.kind === 'hello' && isLeader) channel.postMessage({ kind: 'live', message: last });
  };
  channel.postMessage({ kind: 'hello' });
  const lead = () => {
    isLeader = true;
    return stream(publish, stop.signal);
  };
  whenLeader(lead, stop.signal);
  return () => {
    stop.abort();
    channel.close();
  };
}

type ChannelMessage =
  | { readonly kind: 'live'; readonly message: LiveMessage }
  | { readonly kind: 'hello' };

function whenLeader(lead: () => Promise<void>, signal: AbortSignal): void {
  const held =
    navigator.locks === undefined ? lead() : navigator.locks.request(CHANNEL, { signal }, lead);
  held.catch((error: unknown) => {
    // Stopping while still waiting for the lock is how followers end.
    if (!signal.aborted) throw error;
  });
}

/** Streams until stopped; polls after two failures, and goes on trying to stream. */
async function stream(publish: (message: LiveMessage) => void, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const opened = await readStream(publish, signal);
    failures = opened ? 1 : failures + 1;
    if (signal.aborted) return;
    if (failures < FAILURES_BEFORE_POLLING) {
      publish({ link: 'retrying' });
      await wait(RETRY_MS, signal);
    } else {
      await poll(publish, signal, STREAM_AGAIN_MS / POLL_MS);
    }
  }
}

/** Ends when the stream breaks; true when it had opened. */
function readStream(
  publish: (message: LiveMessage) => void,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const source = new EventSource(STREAM_URL);
    let opened = false;
    const end = () => {
      source.close();
      signal.removeEventListener('abort', end);
      resolve(opened);
    };
    signal.addEventListener('abort', end);
    source.onopen = () => {
      opened = true;
      publish({ link: 'streaming' });
    };
    source.addEventListener('map', (event: MessageEvent<string>) => {
      publish({ link: 'streaming', json: event.data });
    });
    source.onerror = end;
  });
}

async function poll(
  publish: (message: LiveMessage) => void,
  signal: AbortSignal,
  times: number,
): Promise<void> {
  for (let i = 0; i < times && !signal.aborted; i++) {
    publish(await readSnapshot(signal));
    await wait(POLL_MS, signal);
  }
}

async function readSnapshot(signal: AbortSignal): Promise<LiveMessage> {
  try {
    const response = await fetch(SNAPSHOT_URL, { signal });
    return response.ok ? { link: 'polling', json: await response.text() } : { link: 'retrying' };
  } catch {
    // The server is away; the clock in the header says since when.
    return { link: 'retrying' };
  }
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
