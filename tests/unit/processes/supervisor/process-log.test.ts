import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProcessLog } from '#processes/supervisor/process-log.ts';

describe('ProcessLog', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'detour-log-'));
    file = path.join(folder, 'detour.log');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('says who said what, behind what was there', () => {
    new ProcessLog(file).write('dashboard', 'Error: no answer');
    new ProcessLog(file).write('analyzer', 'second 7 was not judged');
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines[0]).toMatch(/^20\d\d-.*Z dashboard Error: no answer$/);
    expect(lines[1]).toMatch(/Z analyzer second 7 was not judged$/);
  });

  it('keeps no more than a full file and its successor', () => {
    const log = new ProcessLog(file, 200);
    for (let n = 0; n < 20; n++) log.write('x', `line ${n} ${'.'.repeat(60)}`);
    expect(readFileSync(file, 'utf8').length).toBeLessThanOrEqual(400);
    expect(readFileSync(file, 'utf8')).toContain('line 19');
    expect(readFileSync(`${file}.1`, 'utf8')).toContain('line 16');
  });

  it('costs nothing but itself where the disk takes nothing', () => {
    const log = new ProcessLog(path.join(folder, 'no', 'such', 'folder.log'));
    expect(() => log.write('x', 'lost')).not.toThrow();
  });
});
