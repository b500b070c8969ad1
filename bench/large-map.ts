/**
 * A mesh of many services over OTLP, and what drawing it costs: `tsx bench/large-map.ts --services 300 --edges 900
 * --dashboard http://127.0.0.1:3000 --otlp http://127.0.0.1:4318`. Needs a running Detour and Chromium.
 * Prints one JSON line for each way of grouping: frames a second, main-thread milliseconds a frame, elements.
 */
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright';
import { seededRandom } from '#tests/support/seeded-random.ts';

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '300' },
    edges: { type: 'string', default: '900' },

    failing: { type: 'string', default: '7' },
    dashboard: { type: 'string', default: 'http://127.0.0.1:3000' },
    otlp: { type: 'string', default: 'http://127.0.0.1:4318' },
    seed: { type: 'string', default: '1' },
    picture: { type: 'string' },
  },
});

const AREAS = [
  ['edge', 'web', 'mobile', 'partner'],
  ['home', 'search', 'library', 'profile'],
  ['playback', 'playlist', 'podcast', 'social'],
  ['account', 'billing', 'catalog', 'media'],
  ['keys', 'events', 'store', 'metrics'],
] as const;
const MEASURE_MS = 5000;

/** As text: a bundler's helpers do not exist in the page. */
const FRAME_GAPS = `new Promise((resolve) => {
  const found = [];
  const start = performance.now();
  let last = start;
  const frame = (now) => {
    found.push(now - last);
    last = now;
    if (now - start < ${MEASURE_MS}) requestAnimationFrame(frame);
    else resolve(found.slice(1));
  };
  requestAnimationFrame(frame);
})`;

interface Link {
  readonly client: string;
  readonly server: string;
  readonly isDns: boolean;
  readonly isFailing: boolean;
}

const random = seededRandom(Number(values.seed));
const links = drawLinks(Number(values.services), Number(values.edges), Number(values.failing));

/** Tiers call the next ones, mostly; areas of one tier share the services evenly. */
function drawLinks(services: number, edges: number, failing: number): readonly Link[] {
  const areas = AREAS.flat();
  const names = Array.from({ length: services }, (_, i) => {
    const area = areas[i % areas.length];
    return `${area}-${Math.floor(i / areas.length)}`;
  });
  const tierOf = (name: string) =>
    AREAS.findIndex((tier) => (tier as readonly string[]).includes(name.split('-')[0] ?? ''));
  const bad = new Set(names.slice(0, failing * 37).filter((_, i) => i % 37 === 0));
  const found = new Map<string, Link>();
  const add = (client: string, server: string) => {
    if (client === server) return;
    const key = `${client} ${server}`;
    found.set(key, { client, server, isDns: random() < 0.2, isFailing: bad.has(server) });
  };
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? '';
  for (const name of names) {
    const below = names.filter((other) => tierOf(other) === tierOf(name) + 1);
    if (below.length > 0) add(name, pick(below));
    const above = names.filter((other) => tierOf(other) === tierOf(name) - 1);
    if (above.length > 0) add(pick(above), name);
  }
  while (found.size < edges) {
    const client = pick(names);
    const later = names.filter((other) => tierOf(other) > tierOf(client));
    if (later.length > 0) add(client, pick(later));
  }
  return [...found.values()];
}

/** One call over every edge: a client span and, where it arrives, the server's. */
async function sendSecond(): Promise<void> {
  const at = BigInt(Date.now()) * 1_000_000n;
  const spans = new Map<string, object[]>();
  const push = (service: string, span: object) =>
    spans.set(service, [...(spans.get(service) ?? []), span]);
  for (const link of links) {
    const traceId = hex(32);
    const clientId = hex(16);
    const common = { traceId, startTimeUnixNano: String(at), name: 'GET /' };
    const end = String(at + BigInt(1_000_000 + Math.floor(random() * 40_000_000)));
    const mode = link.isDns ? 'dns' : 'xds';
    push(link.client, {
      ...common,
      spanId: clientId,
      kind: 3,
      endTimeUnixNano: end,
      status: link.isFailing ? { code: 2 } : {},
      attributes: [
        text('server.address', link.server),
        text('peer.service', link.server),
        text('mesh.routing.mode', mode),
        text('mesh.routing.source', link.isDns ? 'resolver' : 'stream'),
      ],
    });
    push(link.server, {
      ...common,
      spanId: hex(16),
      parentSpanId: clientId,
      kind: 2,
      endTimeUnixNano: end,
      status: link.isFailing ? { code: 2 } : {},
    });
  }
  const response = await fetch(`${values.otlp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceSpans: [...spans].map(([service, list]) => ({
        resource: { attributes: [text('service.name', service)] },
        scopeSpans: [{ spans: list }],
      })),
    }),
  });
  if (!response.ok) throw new Error(`OTLP answered ${response.status}: ${await response.text()}`);
}

function text(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}

function hex(digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
}

async function measure(page: Page, group: string): Promise<void> {
  await page.goto(`${values.dashboard}/map?group=${group}`);
  await page.locator('[data-node]').first().waitFor();
  await page.waitForTimeout(2000);
  if (values.picture !== undefined) {
    await page.screenshot({ path: values.picture.replace('.png', `-${group}.png`) });
  }
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const taskSeconds = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
  };
  const before = await taskSeconds();
  const gaps = (await page.evaluate(FRAME_GAPS)) as readonly number[];
  const taskMs = ((await taskSeconds()) - before) * 1000;
  const sorted = [...gaps].sort((a, b) => a - b);
  const line = {
    group,
    services: Number(values.services),
    edges: links.length,
    framesPerSecond: round((gaps.length / MEASURE_MS) * 1000),
    p95FrameMs: round(sorted[Math.floor(sorted.length * 0.95)] ?? 0),
    mainThreadMsPerFrame: round(taskMs / Math.max(1, gaps.length)),
    elements: await page.evaluate(() => document.querySelectorAll('*').length),
    cards: await page.locator('[data-node]').count(),
  };
  console.log(JSON.stringify(line));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
let isSending = true;
const sender = (async () => {
  while (isSending) {
    const startMs = Date.now();
    await sendSecond();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, startMs + 1000 - Date.now())));
  }
})();
try {
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
  });
  await page.waitForTimeout(6000);
  for (const group of ['name', 'cluster', 'none']) await measure(page, group);
} finally {
  isSending = false;
  await sender;
  await browser.close();
}
