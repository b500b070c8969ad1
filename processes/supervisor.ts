import path from 'node:path';
import { SettingError } from './run-process.ts';
import { checkBeforeStart } from './supervisor/check-before-start.ts';
import { StartError } from './supervisor/managed-process.ts';
import { logFile, runStack, type Stack } from './supervisor/run-stack.ts';
import { helpText, readSupervisorSettings, type SupervisorSettings } from './supervisor.config.ts';

const EXIT_USAGE = 64;
const ROOT = path.join(import.meta.dirname, '..', '..');

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

main().catch((error: unknown) => {
  const isSetting =
    error instanceof SettingError || (error instanceof StartError && error.isSetting);
  const isKnown = isSetting || error instanceof StartError;
  process.stderr.write(
    `${isKnown ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(isSetting ? EXIT_USAGE : 1);
});

async function main(): Promise<void> {
  const settings = readSupervisorSettings(process.argv.slice(2), process.env);
  if (settings === 'help') return say(helpText());
  await checkBeforeStart(settings);
  const stack = stopOnSignals();
  stack.set(await runStack(settings, ROOT, say));
  say(welcome(settings));
  process.send?.({ kind: 'ready' });
}

/** Ctrl-C while starting ends the children through their broken channel; afterwards it stops them in order. */
function stopOnSignals(): { set: (stack: Stack) => void } {
  let running: Stack | undefined;
  let stopping = false;
  const stop = (): void => {
    if (stopping || !running) process.exit(130);
    stopping = true;
    say('stopping …');
    running.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  process.on('disconnect', stop);
  return {
    set: (stack) => {
      running = stack;
    },
  };
}

function welcome(settings: SupervisorSettings): string {
  const lines = [
    '',
    'Detour is up.',
    ...(settings.dashboard
      ? [
          `  Dashboard   http://${settings.host === '127.0.0.1' ? 'localhost' : settings.host}:${settings.port}`,
        ]
      : []),
    `  Send OTLP   http://${settings.host}:${settings.otlpHttpPort} (HTTP), ${settings.host}:${settings.otlpGrpcPort} (gRPC)`,
    `  Data        ${settings.databaseUrl ? 'in the PostgreSQL of DATABASE_URL' : settings.dataDir}`,
    `  Log         ${logFile(settings)}`,
    ...(settings.lab ? ['  Lab         npm run lab -- --list'] : []),
    '  Ctrl-C ends everything.',
  ];
  return lines.join('\n');
}
