import { describe, expect, it } from 'vitest';
import { toOpenApi } from '../../../app/_server/to-open-api.ts';

describe('toOpenApi', () => {
  const document = JSON.parse(JSON.stringify(toOpenApi()));

  it('describes every route of the API', () => {
    expect(Object.keys(document.paths)).toEqual([
      '/health',
      '/services',
      '/service-map',
      '/call-history',
      '/traces',
      '/traces/heatmap',
      '/traces/{traceId}',
      '/control-plane',
      '/incidents',
      '/incidents/{incidentId}',
      '/incidents/{incidentId}/comparison',
      '/incidents/{incidentId}/replay',
      '/routing-shifts',
      '/live',
    ]);
  });

  it('takes parameters from the schemas that check them', () => {
    const { parameters } = document.paths['/traces'].get;
    const mode = parameters.find((parameter: { name: string }) => parameter.name === 'mode');
    expect(mode.schema.enum).toContain('xds-none');
    expect(parameters.map((parameter: { name: string }) => parameter.name)).toContain(
      'minDuration',
    );
  });
});
