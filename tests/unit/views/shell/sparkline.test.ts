import { describe, expect, it } from 'vitest';
import { sparkRuns } from '#views/shell/sparkline.tsx';

describe('sparkRuns', () => {
  it('ends at the right edge and closes its ground at the foot', () => {
    const [run] = sparkRuns([0, 2], 96, 26);
    expect(run?.line).toBe('M0.0 25.0L96.0 2.0');
    expect(run?.area).toBe('M0.0 25.0L96.0 2.0L96.0 26L0.0 26Z');
  });

  it('draws nothing where nothing was measured', () => {
    const runs = sparkRuns([1, 1, undefined, 1, undefined, 1, 1], 60, 26);
    expect(runs.map(({ line }) => line)).toEqual(['M0.0 2.0L10.0 2.0', 'M50.0 2.0L60.0 2.0']);
    expect(sparkRuns([1], 60, 26)).toEqual([]);
    expect(sparkRuns([undefined, undefined], 60, 26)).toEqual([]);
  });
});
