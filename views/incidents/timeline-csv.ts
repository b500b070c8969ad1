import type { Incident } from '#analysis/incident/incident.ts';
import { formatIso } from '#views/format/format-time.ts';

const COLUMNS = ['time', 'unixNano', 'kind', 'subject', 'text', 'evidence'] as const;

/** The incident's timeline for a spreadsheet: RFC 4180, times as RFC 3339 in UTC and to the nanosecond beside it. */
export function timelineCsv({ events }: Pick<Incident, 'events'>): string {
  const rows = events.map((event) => [
    formatIso(event.unixNano),
    String(event.unixNano),
    event.kind,
    event.subject,
    event.text,
    event.evidence,
  ]);
  return [COLUMNS, ...rows].map((row) => `${row.map(toCell).join(',')}\r\n`).join('');
}

/** A spreadsheet runs what begins with one of these as a formula; names of services come from outside. */
const FORMULA = /^[=+\-@\t\r]/;

function toCell(text: string): string {
  const inert = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}
