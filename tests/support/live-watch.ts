import { edgeId } from '#analysis/service-map/edge-id.ts';
import { fromUnixMs, type UnixNano } from '#telemetry/time.ts';
import type { LiveSnapshot } from '#views/live/live-snapshot.ts';
import { parseLive } from '#views/live/parse-live.ts';

/** What one event of the live stream said of what is measured by it. */
export interface Sighting {
  /** When the event had arrived as a whole. */
  readonly atUnixNano: UnixNano;
  /** By `edgeId`. */
  readonly critical: ReadonlySet<string>;
  /** By `edgeId`, of edges with calls in the last seconds. */
  readonly callsPerSecond: ReadonlyMap<string, number>;
  /** By `RoutingShift.id`. */
  readonly shifts: ReadonlySet<string>;
}

export interface LiveWatch {
  readonly sightings: readonly Sighting[];
  /** Throws when the stream broke before. */
  readonly stop: () => Promise<void>;
}

/** Reads the stream that the pages read, from now on. */
export async function watchLive(dashboardUrl: string): Promise<LiveWatch> {
  const stop = new AbortController();
  const response = await fetch(`${dashboardUrl}/api/v1/live`, { signal: stop.signal });
  if (response.body === null) throw new Error(`the live stream answered ${response.status}`);
  const sightings: Sighting[] = [];
  let failure: unknown;
  const reading = readEvents(response.body, (json) =>
    sightings.push(toSighting(parseLive(json))),
  ).catch((error: unknown) => {
    if (!stop.signal.aborted) failure = error;
  });
  return {
    sightings,
    stop: async () => {
      stop.abort();
      await reading;
      if (failure !== undefined) throw new Error('the live stream broke', { cause: failure });
    },
  };
}

async function readEvents(
  body: ReadableStream<Uint8Array>,
  onEvent: (json: string) => void,
): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data !== undefined) onEvent(data);
    }
  }
}

function toSighting({ map, shifts }: LiveSnapshot): Sighting {
  return {
    atUnixNano: fromUnixMs(Date.now()),
    critical: new Set(map.edges.filter(({ health }) => health === 'critical').map(edgeId)),
    callsPerSecond: new Map(map.edges.map((edge) => [edgeId(edge), edge.callsPerSecond])),
    shifts: new Set(shifts.map(({ id }) => id)),
  };
}
