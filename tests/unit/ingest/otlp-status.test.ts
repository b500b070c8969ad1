import { describe, expect, it } from 'vitest';
import { BadDataError, UnavailableError } from '#ingest/export-outcome.ts';
import { OverloadedError, TooLargeError, toRefusal } from '#ingest/export-refusal.ts';
import {
  encodeExportResponse,
  encodeStatus,
  exportResponseJson,
  grpcCodeOf,
  statusJson,
} from '#ingest/otlp-status.ts';
import { decodeResponse, decodeStatus } from '#tests/support/otlp/otlp-messages.ts';

const UNAVAILABLE = 14;

describe('a refusal', () => {
  it('has the code that makes a client drop or keep its data', () => {
    const codes = [
      new BadDataError('x'),
      new TooLargeError(1),
      new OverloadedError(),
      new UnavailableError('x', 3),
      new RangeError('nobody foresaw this'),
      'not even an error',
    ].map((error) => grpcCodeOf(toRefusal(error)));
    expect(codes).toEqual([3, 8, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE]);
  });

  it('says when to come again, in both encodings', () => {
    const refusal = toRefusal(new UnavailableError('the database does not answer', 5));
    expect(decodeStatus(encodeStatus(refusal))).toMatchObject({
      code: UNAVAILABLE,
      message: 'the database does not answer',
      details: [
        { typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value: Buffer.from([10, 2, 8, 5]) },
      ],
    });
    expect(JSON.parse(statusJson(refusal)).details).toEqual([
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '5s' },
    ]);
  });

  it('names no retry for a body that is too large, and the fault of a broken one', () => {
    expect(JSON.parse(statusJson(toRefusal(new TooLargeError(9))))).not.toHaveProperty('details');
    expect(JSON.parse(statusJson(toRefusal(new BadDataError('byte 7')))).details).toEqual([
      {
        '@type': 'type.googleapis.com/google.rpc.BadRequest',
        fieldViolations: [{ field: 'body', description: 'byte 7' }],
      },
    ]);
  });

  it('is short and valid Unicode whatever was sent', () => {
    const refusal = toRefusal(new BadDataError(`\ud83c${'x'.repeat(5000)}`));
    const { message } = decodeStatus(encodeStatus(refusal));
    expect(message?.length).toBeLessThan(600);
    expect(message?.startsWith('\ufffdx')).toBe(true);
  });
});

describe('the answer to an export', () => {
  it('leaves partial_success unset when there is nothing to say', () => {
    const outcome = { rejected: 0, errorMessage: '' };
    expect(encodeExportResponse(outcome)).toHaveLength(0);
    expect(exportResponseJson('traces', outcome)).toBe('{}');
  });

  it('may warn without rejecting', () => {
    const outcome = { rejected: 0, errorMessage: 'old keys' };
    expect(decodeResponse('traces', encodeExportResponse(outcome))).toEqual({
      partialSuccess: { errorMessage: 'old keys' },
    });
    expect(exportResponseJson('metrics', outcome)).toBe(
      '{"partialSuccess":{"errorMessage":"old keys"}}',
    );
  });

  it('names what it counts by its signal, and counts past 2^7 and 2^31', () => {
    for (const rejected of [300, 3_000_000_000]) {
      const outcome = { rejected, errorMessage: 'bad ids' };
      expect(decodeResponse('metrics', encodeExportResponse(outcome))).toEqual({
        partialSuccess: { rejectedDataPoints: `${rejected}`, errorMessage: 'bad ids' },
      });
      expect(exportResponseJson('logs', outcome)).toContain(`"rejectedLogRecords":"${rejected}"`);
    }
  });
});
