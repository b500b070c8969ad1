import { describe, expect, it } from 'vitest';
import { SettingError } from '#processes/run-process.ts';
import { readSupervisorSettings } from '#processes/supervisor.config.ts';

describe('the settings of npm start', () => {
  it('bind to loopback with the lab by default', () => {
    expect(readSupervisorSettings([], {})).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      otlpHttpPort: 4318,
      otlpGrpcPort: 4317,
      lab: true,
      drill: true,
      loadRps: 20,
      databaseUrl: undefined,
    });
  });

  it('take a flag before the environment', () => {
    const settings = readSupervisorSettings(['--port', '3001'], { PORT: '4000', LOAD_RPS: '5' });
    expect(settings).toMatchObject({ port: 3001, loadRps: 5 });
  });

  it.each([
    [['--port', '70000'], '--port'],
    [['--keep', 'forever'], '--keep'],
    [['--max-disk', '20'], '--max-disk'],
    [['--lab-net', '256'], '--lab-net'],
    [['--sidecar', 'nginx'], '--sidecar'],
    [['--envoy-xds', 'rest'], '--envoy-xds'],
    [['--colour', 'blue'], '--colour'],
  ])('refuse %j in one line that names the flag', (argv, flag) => {
    let message = '';
    try {
      readSupervisorSettings(argv, {});
    } catch (error) {
      expect(error).toBeInstanceOf(SettingError);
      message = (error as Error).message;
    }
    expect(message).toContain(flag);
    expect(message).not.toContain('\n');
  });
});
