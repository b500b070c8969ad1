import type { Page } from 'playwright';
import { expect, test } from 'playwright/test';
import { versionWord } from '#telemetry/version-word.ts';
import { getJson, postJson } from '#tests/support/http-json.ts';
import { type RunningStack, runStack, waitFor } from '#tests/support/run-stack.ts';
import { formatCount, formatPercent, formatRate } from '#views/format/format-number.ts';
import { formatLatency } from '#views/format/format-time.ts';

/** Real backoffs of real clients: no faster than they are. */
const SPEED = 2;
const NS_PER_SECOND = 1_000_000_000n;
const XDS_TYPES = ['LDS', 'RDS', 'CDS', 'EDS'] as const;

interface LogLine {
  readonly unixNano: string;
  readonly target: string;
  readonly kind?: string;
  readonly mode?: string;
  readonly [detail: string]: unknown;
}

interface Run {
  readonly state: string;
  readonly log: readonly LogLine[];
}

interface Incident {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly startUnixNano: string;
  readonly mitigatedUnixNano?: string;
  readonly endUnixNano?: string;
  readonly firstMover?: string;
  readonly failedCalls: number;
  readonly totalCalls: number;
  readonly peakDnsRatio: number;
  readonly normalDnsRatio: number;
}

interface Edge {
  readonly client: string;
  readonly server: string;
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly errorRatio: number;
  readonly p50Ns?: number;
  readonly p99Ns?: number;
  readonly byMode: readonly { readonly mode: string; readonly calls: number }[];
}

test.describe.configure({ mode: 'serial' });

test.describe('control-plane-crash, through the supervisor', () => {
  let stack: RunningStack;
  let log: readonly LogLine[] = [];
  let incident: Incident;

  test.beforeAll(async () => {
    test.setTimeout(240_000);
    stack = await runStack({ lab: true });
    // A baseline for the incident to differ from.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    await postJson(`${stack.labUrl}/runs`, { scenario: 'control-plane-crash', speed: SPEED });
    const run = (): Promise<Run> => getJson<Run>(`${stack.labUrl}/run`);
    await waitFor(async () => (await run()).state !== 'running', {
      limitMs: 180_000,
      describe: () => 'control-plane-crash did not end',
    });
    const ended = await run();
    expect(ended.state).toBe('done');
    log = ended.log;
  });
  test.afterAll(() => stack.remove());

  test('is one incident from the kill to the last return', async () => {
    const found = (): Promise<{ readonly incidents: readonly Incident[] }> =>
      getJson(`${stack.dashboardUrl}/api/v1/incidents`);
    await waitFor(async () => (await found()).incidents[0]?.state === 'resolved', {
      limitMs: 100_000,
      describe: () => 'the incident was not resolved',
    });
    const { incidents } = await found();
    expect(incidents).toHaveLength(1);
    incident = incidents[0] as Incident;
    expect(incident.title).toContain('Control plane lost');

    const killed = instantOf((line) => line.kind === 'signal');
    const moves = log.filter((line) => line.kind === 'route');
    const toDns = moves.filter((line) => line.mode === 'dns');
    expect(secondsBetween(killed, incident.startUnixNano)).toBeLessThanOrEqual(2);
    expect(secondsBetween(toDns.at(-1)?.unixNano, incident.mitigatedUnixNano)).toBeLessThanOrEqual(
      3,
    );
    expect(secondsBetween(moves.at(-1)?.unixNano, incident.endUnixNano)).toBeLessThanOrEqual(3);
    expect(incident.firstMover).toBe(toDns[0]?.target.split(' → ')[0]);
  });

  test('every edge went on from its cache, the proxyless one as well', async () => {
    const killed = instantOf((line) => line.kind === 'signal');
    const moved = instantOf((line) => line.kind === 'move');
    const edges = await edgesBetween(BigInt(killed) + 2n * NS_PER_SECOND, BigInt(moved));
    for (const callee of ['login', 'song', 'playlist', 'artist']) {
      const modes = edges
        .filter((edge) => edge.client !== '@users' && edge.server === callee)
        .flatMap((edge) => edge.byMode.map(({ mode }) => mode));
      expect([...new Set(modes)], callee).toEqual(['xds-cached']);
    }
  });

  test('the map shows the numbers of the API, at five moments', async ({ page }) => {
    const start = BigInt(incident.startUnixNano) / NS_PER_SECOND;
    for (const offset of [-3n, 3n, 12n, 20n, 30n]) {
      const at = (start + offset) * NS_PER_SECOND;
      const edges = await edgesBetween(at - 4n * NS_PER_SECOND, at + NS_PER_SECOND);
      await page.goto(`${stack.dashboardUrl}/map?at=${at}&view=table`);
      await expect(page.getByRole('row')).toHaveCount(edges.length + 1);
      for (const edge of edges) {
        const cells = rowOf(page, nameOf(edge)).getByRole('cell');
        const said = (await cells.allInnerTexts()).slice(2, 6);
        expect(said, `${nameOf(edge)} at ${offset} s`).toEqual(numbersOf(edge));
      }
    }
  });

  test('the control plane’s rows are those of the API, while it is dead', async ({ page }) => {
    const at = BigInt(incident.startUnixNano) + 6n * NS_PER_SECOND;
    const { clients } = await getJson<{
      clients: readonly {
        readonly id: string;
        readonly reason: string;
        readonly types: Readonly<Record<string, { readonly acked?: string } | undefined>>;
      }[];
    }>(`${stack.dashboardUrl}/api/v1/control-plane?at=${at}`);
    await page.goto(`${stack.dashboardUrl}/control-plane?at=${at}`);
    expect(clients.length).toBeGreaterThanOrEqual(8);
    for (const client of clients) {
      const cells = page.locator(`tr[data-client="${client.id}"] td`);
      const said = await cells.allInnerTexts();
      XDS_TYPES.forEach((type, column) => {
        const acked = client.types[type]?.acked;
        expect(said[column + 1], `${client.id} ${type}`).toContain(
          acked === undefined ? '–' : versionWord(acked),
        );
      });
      expect(said.at(-1), client.id).toBe(client.reason);
    }
  });

  test('the incident’s facts are those of the API', async ({ page }) => {
    await page.goto(`${stack.dashboardUrl}/incidents/${incident.id}`);
    const fact = (label: string) =>
      page.locator('dl > div').filter({ has: page.locator('dt', { hasText: label }) });
    const share = formatPercent(incident.failedCalls / incident.totalCalls);
    await expect(fact('Failed calls')).toContainText(formatCount(incident.failedCalls));
    await expect(fact('Failed calls')).toContainText(
      `${share} of ${formatCount(incident.totalCalls)} calls`,
    );
    await expect(fact('Peak via DNS')).toContainText(formatPercent(incident.peakDnsRatio));
    await expect(fact('Peak via DNS')).toContainText(
      `normally ${formatPercent(incident.normalDnsRatio)}`,
    );
    await expect(fact('Started')).toContainText(clockOf(incident.startUnixNano));
    await expect(fact('Ended')).toContainText(clockOf(incident.endUnixNano));
  });

  test('every service is back on the live mesh', async () => {
    let modes: readonly string[] = [];
    await waitFor(
      async () => {
        const now = BigInt(Date.now()) * 1_000_000n;
        const edges = await edgesBetween(now - 5n * NS_PER_SECOND, now);
        const called = edges.filter((edge) => edge.client !== '@users' && edge.calls > 0);
        modes = called.map((e) => `${nameOf(e)}: ${e.byMode.map(({ mode }) => mode).join()}`);
        return (
          called.length >= 6 &&
          called.every((edge) => edge.byMode.every(({ mode }) => mode === 'xds-live'))
        );
      },
      { limitMs: 60_000, describe: () => `not all are back on the mesh: ${modes.join('; ')}` },
    );
  });

  async function edgesBetween(from: bigint, to: bigint): Promise<readonly Edge[]> {
    const { edges } = await getJson<{ edges: readonly Edge[] }>(
      `${stack.dashboardUrl}/api/v1/service-map?from=${from}&to=${to}`,
    );
    return edges;
  }

  function instantOf(is: (line: LogLine) => boolean): string {
    const line = log.find(is);
    if (!line) throw new Error('the scenario log has no such line');
    return line.unixNano;
  }
});

function rowOf(page: Page, name: string) {
  return page.getByRole('row').filter({ has: page.getByRole('button', { name, exact: true }) });
}

function nameOf({ client, server }: Edge): string {
  return `${client === '@users' ? 'users' : client} to ${server}`;
}

function numbersOf({ callsPerSecond, errorRatio, p50Ns, p99Ns }: Edge): readonly string[] {
  const latency = (ns: number | undefined) => (ns === undefined ? '–' : formatLatency(ns));
  return [formatRate(callsPerSecond), formatPercent(errorRatio), latency(p50Ns), latency(p99Ns)];
}

function clockOf(unixNano: string | undefined): string {
  return new Date(Number(BigInt(unixNano ?? 0) / 1_000_000n)).toISOString().slice(11, 19);
}

function secondsBetween(a: string | undefined, b: string | undefined): number {
  return Math.abs(Number(BigInt(a ?? 0) - BigInt(b ?? 0))) / Number(NS_PER_SECOND);
}
