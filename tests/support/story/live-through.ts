import { exportMetrics } from '#ingest/export-metrics.ts';
import { exportTraces } from '#ingest/export-traces.ts';
import { SecondJudge } from '#processes/analyzer/second-judge.ts';
import { openMetricWriter } from '#store/metric-points/write-metric-points.ts';
import { openSpanWriter } from '#store/spans/write-spans.ts';
import { unixSecond } from '#telemetry/time.ts';
import { startTestReceiver } from '#tests/support/otlp/test-receiver.ts';
import { sendStory } from '#tests/support/story/send-story.ts';
import { type Story, type StoryName, tellStory } from '#tests/support/story/tell-story.ts';
import { startTestStore, type TestStore } from '#tests/support/test-store.ts';

export interface LivedStory {
  readonly store: TestStore;
  readonly story: Story;
  /** Second of the epoch at which the story began. */
  readonly start: number;
  readonly stop: () => Promise<void>;
}

/** A store of its own, a story sent to it over HTTP, and an analyzer that judges it second by second. */
export async function liveThrough(
  name: StoryName,
  killEvery: number = Number.POSITIVE_INFINITY,
): Promise<LivedStory> {
  const store = await startTestStore();
  const spans = openSpanWriter(store.url);
  const metrics = openMetricWriter(store.url);
  const receiver = await startTestReceiver({
    exportTraces: exportTraces(spans.write),
    exportMetrics: exportMetrics(metrics.write),
  });
  const story = tellStory(name);
  const start = await sendStory(story, {
    endpoint: `http://127.0.0.1:${receiver.http.port}`,
    seed: 1,
    requestsPerSecond: 20,
    pace: 'past',
  });
  await judgeAll(store, start + story.seconds, killEvery);
  await Promise.all([spans.stop(), metrics.stop()]);
  await receiver.stop();
  return { store, story, start, stop: store.stop };
}

/** The judge is dropped without a word every `killEvery` seconds: the next one has only the store. */
async function judgeAll(store: TestStore, end: number, killEvery: number): Promise<void> {
  let judge = await SecondJudge.resume(store.db, Date.now);
  for (let judged = 1; judge.judgedSecond < end - 1; judged++) {
    await judge.judge(unixSecond(judge.judgedSecond + 1));
    if (judged % killEvery === 0) judge = await SecondJudge.resume(store.db, Date.now);
  }
}
