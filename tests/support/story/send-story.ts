import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { sayAsOtlp } from '#tests/support/story/say-as-otlp.ts';
import { type Story, type StoryName, tellStory } from '#tests/support/story/tell-story.ts';

/**
 * Plays a story into an ingester:
 *
 *   npx tsx tests/support/story/send-story.ts march-8 --endpoint http://127.0.0.1:4318      one second a second, from now
 *   npx tsx tests/support/story/send-story.ts march-8 --past                                all at once, ending now
 */
export interface SendOptions {
  readonly endpoint: string;
  readonly seed: number;
  readonly requestsPerSecond: number;
  /** 'past': as if it had just ended; 'live': at its own pace, from the next second on. */
  readonly pace: 'past' | 'live';
  readonly seconds?: number;
}

/** Returns the second of the epoch at which the story began, once everything was acknowledged. */
export async function sendStory(story: Story, options: SendOptions): Promise<number> {
  const seconds = Math.min(options.seconds ?? story.seconds, story.seconds);
  const nowSecond = Math.floor(Date.now() / 1000);
  const startUnixSecond = options.pace === 'past' ? nowSecond - seconds - 2 : nowSecond + 1;
  for (let second = 0; second < seconds; second++) {
    if (options.pace === 'live') await sleepUntil((startUnixSecond + second + 1) * 1000);
    const said = sayAsOtlp(story, second, { ...options, startUnixSecond });
    await Promise.all([
      post(`${options.endpoint}/v1/traces`, said.traces),
      post(`${options.endpoint}/v1/metrics`, said.metrics),
    ]);
  }
  return startUnixSecond;
}

async function post(url: string, body: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}

async function sleepUntil(unixMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, unixMs - Date.now())));
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      endpoint: { type: 'string', default: 'http://127.0.0.1:4318' },
      seed: { type: 'string', default: '1' },
      rps: { type: 'string', default: '20' },
      past: { type: 'boolean', default: false },
    },
  });
  const story = tellStory((positionals[0] ?? 'march-8') as StoryName);
  const start = await sendStory(story, {
    endpoint: values.endpoint,
    seed: Number(values.seed),
    requestsPerSecond: Number(values.rps),
    pace: values.past ? 'past' : 'live',
  });
  console.log(JSON.stringify({ story: story.name, startUnixSecond: start, truth: story.truth }));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
