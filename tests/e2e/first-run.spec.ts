import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'playwright/test';
import { violationsOf } from '#tests/support/accessibility.ts';
import { type RunningStack, runStack } from '#tests/support/run-stack.ts';

const STRANGER = path.join(import.meta.dirname, '../support/stock-sdk.mjs');

test.describe.configure({ mode: 'serial' });

/** Somebody brings their own system: an empty Detour, then the first spans of a stock SDK. */
test.describe('the first run without a lab', () => {
  let stack: RunningStack;

  test.beforeAll(async () => {
    test.setTimeout(120_000);
    stack = await runStack({ lab: false });
  });
  test.afterAll(() => stack.remove());

  test('says where to send telemetry, in dark and in light', async ({ page }) => {
    await page.goto(stack.dashboardUrl);
    const port = new URL(stack.otlpHttpUrl).port;
    await expect(page.getByText(new RegExp(`:${port}`)).first()).toBeVisible();
    expect(await violationsOf(page)).toEqual([]);
  });

  for (const page of ['/incidents', '/control-plane', '/traces', '/lab']) {
    test(`${page} is empty and says what to do`, async ({ page: tab }) => {
      await tab.goto(`${stack.dashboardUrl}${page}`);
      await expect(tab.getByRole('main')).toBeVisible();
      await expect(tab.getByText(/npm start|npm run lab|march-8|send|lab/i).first()).toBeVisible();
    });
  }

  for (const protocol of ['http/protobuf', 'http/json', 'grpc']) {
    test(`a stock SDK appears on the map and in the traces, ${protocol}`, async ({ page }) => {
      const service = `checkout-${protocol.replace('/', '-')}`;
      const endpoint = protocol === 'grpc' ? `http://${stack.otlpGrpcAddress}` : stack.otlpHttpUrl;
      const traceId = execFileSync(process.execPath, [STRANGER], {
        encoding: 'utf8',
        env: {
          ...process.env,
          OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
          OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          OTEL_SERVICE_NAME: service,
        },
      }).trim();
      await page.goto(`${stack.dashboardUrl}/map`);
      await expect(
        page.getByRole('button', { name: new RegExp(`^${service}, `) }).first(),
      ).toBeVisible();
      await page.goto(`${stack.dashboardUrl}/traces?service=${service}`);
      await page.locator(`a[href^="/traces/${traceId}"]`).first().click();
      await expect(page.getByText('SELECT orders').first()).toBeVisible();
    });
  }
});
