import { startOtelSdk } from '#instrumentation/otel-sdk.ts';
import { closeDatabase, type Database, openDatabase, type Shard } from '#store/client.ts';
import { judgeClosedSeconds } from './analyzer/judge-closed-seconds.ts';
import { maintainRegularly } from './analyzer/maintain-regularly.ts';
import { SecondJudge } from './analyzer/second-judge.ts';
import { AnalyzerSettings } from './analyzer.config.ts';
import { checkStore } from './check-store.ts';
import { readSettings, runProcess, SettingError } from './run-process.ts';

/** Judges each second once it is closed: states of xDS clients, routing shifts, incidents. */
runProcess(async () => {
  const settings = readSettings(AnalyzerSettings);
  const stopTelemetry = startOtelSdk({
    serviceName: 'detour-analyzer',
    instanceId: 'detour-analyzer',
    attributes: { 'service.namespace': 'detour' },
    endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
  });
  const db = openDatabase(settings.DATABASE_URL, { poolSize: 4 });
  await checkStore(db);
  const maintained = { ...db, shards: chooseShards(db, settings.MAINTAIN_DATABASES) };
  const judge = settings.ANALYZER_JUDGES ? await SecondJudge.resume(db, Date.now) : undefined;
  const stopJudging = judge && judgeClosedSeconds(judge, settings.ANALYZER_LATENESS_MS);
  const stopMaintaining = maintainRegularly(maintained, {
    keepDays: settings.KEEP,
    maxDiskBytes: settings.MAX_DISK,
  });
  return {
    details: { judgedSecond: judge?.judgedSecond, maintains: maintained.shards.length },
    stop: async () => {
      await Promise.all([stopJudging?.(), stopMaintaining()]);
      await closeDatabase(db);
      await stopTelemetry();
    },
  };
});

function chooseShards(db: Database, numbers: readonly number[] | undefined): readonly Shard[] {
  return (numbers ?? db.shards.map((_, i) => i + 1)).map((number) => {
    const shard = db.shards[number - 1];
    if (shard !== undefined) return shard;
    throw new SettingError(
      `MAINTAIN_DATABASES: there is no database ${number} among ${db.shards.length}`,
    );
  });
}
