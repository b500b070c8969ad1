/**
 * The page of one large trace in headless Chromium: `npm run bench:trace-page` measures 50,000 and 200,000 spans on a stack
 * of its own (needs a build and Chromium); `--spans N` measures others. One JSON line for each size: ms until the first row
 * is painted, what came over the wire, frames a second and the longest task while the waterfall is scrolled, and the same
 * page opened at a span near its end.
 */
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright';
import { runStack } from '#tests/support/run-stack.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

const { values } = parseArgs({
  options: {
    spans: { type: 'string', multiple: true, default: ['50000', '200000'] },
    seed: { type: 'string', default: '1' },
    picture: { type: 'string' },
  },
});
const SERVICES = ['gateway', 'playlist', 'song', 'artist', 'image'];
const SPANS_A_BODY = 4000;
const CHILDREN = 40;
const SCROLL_MS = 4000;
const PAGE_LIMIT_MS = 180_000;
const random = seededRandom(Number(values.seed));

interface SentTrace {
  readonly traceId: string;
  readonly lastSpanId: string;
}

/** A tree whose nodes have forty children each: deep enough for the rows, wide enough for the folds. */
async function sendTrace(otlp: string, count: number): Promise<SentTrace> {
  const traceId = hex(32);
  const startNs = BigInt(Date.now() - 60_000) * 1_000_000n;
  const ids = Array.from({ length: count }, () => hex(16));
  for (let from = 0; from < count; from += SPANS_A_BODY) {
    const body = ids.slice(from, from + SPANS_A_BODY);
    const spans = body.map((_, i) => toSpan(ids, from + i, { traceId, startNs }));
    await post(otlp, spans, from / SPANS_A_BODY);
  }
  return { traceId, lastSpanId: ids[count - 1] ?? '' };
}

function toSpan(
  ids: readonly string[],
  index: number,
  { traceId, startNs }: { readonly traceId: string; readonly startNs: bigint },
): object {
  const path = `/item/${index % 97}`;
  const start = startNs + BigInt(index * 100_000);
  const lengthNs = index === 0 ? ids.length * 100_000 : 50_000 + Math.floor(random() * 9e6);
  return {
    traceId,
    spanId: ids[index],
    ...(index === 0 ? {} : { parentSpanId: ids[Math.floor((index - 1) / CHILDREN)] }),
    name: `GET ${path}`,
    kind: 2 + (index % 2),
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + BigInt(lengthNs)),
    status: index % 500 === 499 ? { code: 2, message: 'out of order' } : {},
    attributes: [
      text('http.request.method', 'GET'),
      text('url.path', path),
      text('mesh.routing.mode', index % 3 === 0 ? 'dns' : 'xds'),
    ],
  };
}

function text(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}

async function post(otlp: string, spans: readonly object[], body: number): Promise<void> {
  const service = SERVICES[body % SERVICES.length] ?? '';
  const response = await fetch(`${otlp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: [text('service.name', service)] },
          scopeSpans: [{ spans }],
        },
      ],
    }),
  });
  if (!response.ok) throw new Error(`OTLP answered ${response.status}: ${await response.text()}`);
}

function hex(digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
}

/** As text: a bundler's helpers do not exist in the page. */
const SCROLL = `new Promise((resolve) => {
  const tree = document.querySelector('[role="tree"]');
  let scroller = tree;
  while (scroller.scrollHeight <= scroller.clientHeight + 1) scroller = scroller.parentElement;
  const gaps = [];
  const start = performance.now();
  let last = start;
  const frame = (now) => {
    gaps.push(now - last);
    last = now;
    const share = Math.min(1, (now - start) / ${SCROLL_MS});
    scroller.scrollTop = share < 0.5
      ? scroller.scrollTop + 40
      : (share - 0.5) * 2 * (scroller.scrollHeight - scroller.clientHeight);
    if (share < 1) requestAnimationFrame(frame);
    else resolve({ gaps: gaps.slice(1), heightPx: scroller.scrollHeight });
  };
  requestAnimationFrame(frame);
})`;

async function open(page: Page, url: string, row: string): Promise<number> {
  const startMs = performance.now();
  await page.goto(url, { timeout: PAGE_LIMIT_MS, waitUntil: 'commit' });
  await page.locator(row).first().waitFor({ timeout: PAGE_LIMIT_MS });
  // Two frames later what was laid out is on the screen.
  await page.evaluate(
    'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))',
  );
  return Math.round(performance.now() - startMs);
}

async function measure(dashboard: string, count: number, sent: SentTrace): Promise<object> {
  const page = await browser.newPage({
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
  });
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  const url = `${dashboard}/traces/${sent.traceId}`;
  const firstRowMs = await open(page, url, '[role="treeitem"]');
  await page.waitForLoadState('networkidle').catch(() => undefined);
  const { gaps } = (await page.evaluate(SCROLL)) as { gaps: readonly number[] };
  const sorted = [...gaps].sort((a, b) => a - b);
  const elements = await page.evaluate(() => document.querySelectorAll('*').length);
  if (values.picture !== undefined) await page.screenshot({ path: values.picture });
  const deepLinkMs = await open(page, `${url}?span=${sent.lastSpanId}`, '[aria-selected="true"]');
  await page.close();
  return {
    spans: count,
    firstRowMs,
    transferredKb: Math.round(bytes / 1024),
    framesPerSecond: Math.round((gaps.length / SCROLL_MS) * 10_000) / 10,
    p95FrameMs: Math.round((sorted[Math.floor(sorted.length * 0.95)] ?? 0) * 10) / 10,
    longestFrameMs: Math.round(sorted.at(-1) ?? 0),
    elements,
    deepLinkMs,
  };
}

const stack = await runStack({ lab: false });
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
try {
  for (const count of values.spans.map(Number)) {
    const sent = await sendTrace(stack.otlpHttpUrl, count);
    console.log(JSON.stringify(await measure(stack.dashboardUrl, count, sent)));
  }
} finally {
  await browser.close();
  await stack.remove();
}
