import { expect, test } from 'vitest';
import { decodeColumns, encodeColumns, type SegmentColumns } from '#store/spans/segment-columns.ts';
import { seededRandom } from '#tests/support/seeded-random.ts';

const WORDS = ['startLow', 'startHigh', 'durationLow', 'durationHigh'] as const;
const HALVES = ['traceOf', 'serviceOf', 'nameOf', 'flags', 'idTail'] as const;

function randomColumns(roll: () => number, count: number): SegmentColumns {
  const words = (): Uint32Array => Uint32Array.from({ length: count }, () => roll() * 2 ** 32);
  const halves = (): Uint16Array => Uint16Array.from({ length: count }, () => roll() * 2 ** 16);
  return {
    count,
    minStart: BigInt(Math.floor(roll() * 2 ** 53)) << 10n,
    startLow: words(),
    startHigh: words(),
    durationLow: words(),
    durationHigh: words(),
    traceOf: halves(),
    serviceOf: halves(),
    nameOf: halves(),
    flags: halves(),
    idTail: halves(),
    traceIds: Uint8Array.from({ length: 16 * 3 }, () => roll() * 256),
    services: ['gateway', 'sång ☠'],
    names: ['GET /', ''],
  };
}

/** As segments held them before there were planes. */
function encodeWhole(columns: SegmentColumns): Uint8Array {
  const { minStart, services, names, traceIds } = columns;
  const dictionary = Buffer.from(JSON.stringify({ services, names }));
  const halves = [minStart & 0xffffffffn, minStart >> 32n].map(Number);
  const header = [1, columns.count, traceIds.length / 16, dictionary.length, ...halves];
  const arrays = [Uint32Array.from(header), ...[...WORDS, ...HALVES].map((name) => columns[name])];
  const bytes = arrays.map(({ buffer }) => Buffer.from(buffer));
  return Uint8Array.from(Buffer.concat([...bytes, traceIds, dictionary]));
}

test.each([0, 1, 7, 5000])(
  'columns of %d spans are read as they were written, now and before',
  (count) => {
    const columns = randomColumns(seededRandom(count + 1), count);
    expect(decodeColumns(encodeColumns(columns))).toEqual(columns);
    expect(decodeColumns(encodeWhole(columns))).toEqual(columns);
  },
);

test('columns of which the arrays are longer than they have spans', () => {
  const columns = randomColumns(seededRandom(3), 40);
  const read = decodeColumns(encodeColumns({ ...columns, count: 10 }));
  for (const name of [...WORDS, ...HALVES]) expect(read[name]).toEqual(columns[name].slice(0, 10));
});
