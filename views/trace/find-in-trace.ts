import { spanIdAt, type TraceColumns } from '#views/trace/trace-columns.ts';

/**
 * Rows whose names, service, callee, address, error or status hold the words (any case), in order; [] for no words.
 * The browser's own search cannot see rows that are not drawn. Texts are matched once each, not once a row.
 */
export function findInTrace(columns: TraceColumns, words: string): readonly number[] {
  const needle = words.trim().toLowerCase();
  if (needle === '') return [];
  const hit = Uint8Array.from(columns.strings, (text) =>
    text.toLowerCase().includes(needle) ? 1 : 0,
  );
  const searched = [
    columns.name,
    columns.service,
    columns.instance,
    columns.peer,
    columns.address,
    columns.version,
    columns.errorType,
    columns.answer,
  ];
  const isId = /^[0-9a-f]{6,16}$/.test(needle);
  const rows: number[] = [];
  for (let row = 0; row < columns.rows; row++) {
    const found =
      searched.some((column) => hit[column[row] ?? 0] === 1) ||
      (isId && spanIdAt(columns, row).startsWith(needle));
    if (found) rows.push(row);
  }
  return rows;
}
