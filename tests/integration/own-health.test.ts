import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeDatabase } from '#store/client.ts';
import { writeIngestHealth } from '#store/ingest-health/write-ingest-health.ts';
import type { IngestSnapshot } from '#telemetry/ingest-health.ts';
import { secondOf, unixSecond } from '#telemetry/time.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';
import { database } from '../../app/_server/database.ts';
import { tryLoadHealth } from '../../app/_server/load-health.ts';
import { now } from '../../app/_server/now.ts';
import { GET as getHealth } from '../../app/api/v1/health/route.ts';

const SNAPSHOT: IngestSnapshot = {
  startedSecond: unixSecond(1),
  requests: [
    {
      ...{ signal: 'traces', transport: 'grpc', outcome: 'refused', reason: 'overloaded' },
      ...{ requests: 3, bytes: 30, acceptedItems: 0, rejectedItems: 0 },
    },
  ],
  unknownKeys: 0,
  inFlightBytes: 10,
  peakInFlightBytes: 60,
  limitBytes: 64,
  connections: 1,
  residentBytes: 1000,
  lastRefusal: {
    ...{ second: unixSecond(2), signal: 'traces', transport: 'grpc', reason: 'overloaded' },
    message: 'the receiver holds as many bytes as it may; send again later',
  },
};

let store: TestStore;
let isStopped = false;
beforeAll(async () => {
  store = await startTestStore();
  process.env['DATABASE_URL'] = store.url;
});
afterAll(async () => {
  await closeDatabase(database());
  if (!isStopped) await store.stop();
});

describe('GET /api/v1/health', () => {
  it('says that nobody has reported to an empty store', async () => {
    const health = await (await getHealth()).json();
    expect(health).toMatchObject({ status: 'degraded', spans: 0, ingesters: [] });
    expect(health.reasons).toContain('no ingester has said that it is running');
  });

  it('carries what each ingester says of itself, word for word', async () => {
    await writeIngestHealth(store.db, 'one', secondOf(now()), SNAPSHOT);
    const { ingesters } = await (await getHealth()).json();
    expect(ingesters).toMatchObject([{ ingester: 'one', state: 'reporting', snapshot: SNAPSHOT }]);
  });

  it('is degraded when the newest ingester is silent', async () => {
    await writeIngestHealth(store.db, 'one', unixSecond(secondOf(now()) - 60), SNAPSHOT);
    const { status, reasons, ingesters } = await (await getHealth()).json();
    expect(status).toBe('degraded');
    expect(reasons[0]).toMatch(/^the ingester one has been silent for 6\d s$/);
    expect(ingesters[0].state).toBe('silent');
  });

  it('answers 503 without the store, and the page opens all the same', async () => {
    await store.stop();
    isStopped = true;
    expect((await getHealth()).status).toBe(503);
    expect(await tryLoadHealth()).toBeUndefined();
  });
});
