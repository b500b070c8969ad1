import { startOtelSdk } from '#instrumentation/otel-sdk.ts';
import { closeDatabase, openDatabase } from '#store/client.ts';
import { judgeClosedSeconds } from './analyzer/judge-closed-seconds.ts';
import { maintainRegularly } from './analyzer/maintain-regularly.ts';
import { SecondJudge } from './analyzer/second-judge.ts';
import { AnalyzerSettings } from './analyzer.config.ts';
import { checkStore } from './check-store.ts';
import { readSettings, runProcess } from './run-process.ts';

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
  const judge = await SecondJudge.resume(db, Date.now);
  const stopJudging = judgeClosedSeconds(judge, settings.ANALYZER_LATENESS_MS);
  const stopMaintaining = maintainRegularly(db, {
    keepDays: settings.KEEP,
    maxDiskBytes: settings.MAX_DISK,
  });
  return {
    details: { judgedSecond: judge.judgedSecond },
    stop: async () => {
      await Promise.all([stopJudging(), stopMaintaining()]);
      await closeDatabase(db);
      await stopTelemetry();
    },
  };
});
