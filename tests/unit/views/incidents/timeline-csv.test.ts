import { describe, expect, it } from 'vitest';
import type { IncidentEvent } from '#analysis/incident/incident.ts';
import { unixNano } from '#telemetry/time.ts';
import { timelineCsv } from '#views/incidents/timeline-csv.ts';

const event = (subject: string, text: string): IncidentEvent => ({
  unixNano: unixNano(1_646_762_822_000_000_001n),
  kind: 'failures-began',
  subject,
  text,
  evidence: 'call edges',
});

describe('timelineCsv', () => {
  it('has a head and a row for each event, to the nanosecond', () => {
    expect(timelineCsv({ events: [event('song → artist', '3 of 4 calls fail')] })).toBe(
      'time,unixNano,kind,subject,text,evidence\r\n' +
        '2022-03-08T18:07:02.000Z,1646762822000000001,failures-began,song → artist,3 of 4 calls fail,call edges\r\n',
    );
  });

  it('quotes what would break a row, and disarms what would run as a formula', () => {
    const row = timelineCsv({ events: [event('=cmd()', 'a, "b"')] }).split('\r\n')[1];
    expect(row).toContain(`'=cmd(),"a, ""b""",`);
  });
});
