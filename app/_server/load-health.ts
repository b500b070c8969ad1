import { judgeOwnHealth, type OwnHealth } from '#analysis/own-health/judge-own-health.ts';
import { readIngestHealth } from '#store/ingest-health/read-ingest-health.ts';
import { readFreshness } from '#store/read-freshness.ts';
import { readJudgedSecond } from '#store/read-judged-second.ts';
import { answerInPart, database } from './database.ts';
import { now } from './now.ts';

/** Detour's own health, which names the databases of several that do not answer; throws when the first does not. */
export async function loadHealth(): Promise<OwnHealth> {
  const { found, missing } = await answerInPart(() =>
    Promise.all([
      readFreshness(database()),
      readJudgedSecond(database()),
      readIngestHealth(database()),
    ]),
  );
  const [freshness, judgedSecond, reports] = found;
  return judgeOwnHealth({
    atUnixNano: now(),
    ...freshness,
    judgedSecond,
    reports,
    databasesAway: missing,
  });
}

/** The same for a page that must open in the hour when the store does not answer: undefined then. */
export async function tryLoadHealth(): Promise<OwnHealth | undefined> {
  try {
    return await loadHealth();
  } catch (error) {
    console.error(error);
    return undefined;
  }
}
