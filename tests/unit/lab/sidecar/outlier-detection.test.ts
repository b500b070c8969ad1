import { describe, expect, it } from 'vitest';
import { OutlierDetection } from '#lab/sidecar/outlier-detection.ts';

const endpoint = { address: '127.0.13.1', port: 15_006, weight: 1 };

describe('OutlierDetection', () => {
  it('ejects after three failures in a row, longer each time', () => {
    let nowMs = 0;
    const outliers = new OutlierDetection(() => nowMs);
    outliers.failed(endpoint);
    outliers.failed(endpoint);
    expect(outliers.isEjected(endpoint)).toBe(false);
    outliers.failed(endpoint);
    expect(outliers.isEjected(endpoint)).toBe(true);
    nowMs = 5000;
    expect(outliers.isEjected(endpoint)).toBe(false);
    outliers.failed(endpoint);
    nowMs = 14_999;
    expect(outliers.isEjected(endpoint)).toBe(true);
  });

  it('forgets when a request succeeds', () => {
    const outliers = new OutlierDetection(() => 0);
    outliers.failed(endpoint);
    outliers.failed(endpoint);
    outliers.succeeded(endpoint);
    outliers.failed(endpoint);
    expect(outliers.isEjected(endpoint)).toBe(false);
  });
});
