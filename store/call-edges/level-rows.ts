import { keysOf, packedRows, type RollUpTables } from './roll-up-tables.ts';
import { MINUTE, type StepCut, TEN_MINUTES } from './steps.ts';

/**
 * SQL of all roll-up rows of a window, each part at the level that `cut` says, with parameters $1…$6: the keys, the count,
 * `errors` and `latency`. A second is either loose or in its minute, so minutes and loose seconds add up; ten minutes are
 * a sum of their minutes, and no loose second lies in them while they are not stale.
 */
export function levelRows(tables: RollUpTables): string {
  const columns = `${keysOf(tables)}, ${tables.count}, errors, latency`;
  const isStale = 'exists (select from stale_step x where x.step = s.step and x.start = s.start)';
  const packed = (from: string, to: string): string =>
    `select ${columns} from (${packedRows(tables, from, to)}) as packed`;
  const minutes = (from: string, to: string): string =>
    `select ${columns} from ${tables.steps} where step = ${MINUTE} and start >= ${from} and start < ${to}`;
  return `
    select ${columns} from ${tables.seconds} where second >= $1::int8 and second < $6::int8
    union all
    ${packed('$1::int8', '$2::int8')}
    union all
    ${minutes('$2::int8', '$3::int8')}
    union all
    select ${columns} from ${tables.steps} s
    where step = ${TEN_MINUTES} and start >= $3::int8 and start < $4::int8 and not ${isStale}
    union all
    select ${prefixed('s', columns)} from stale_step t
      join ${tables.steps} s on s.step = ${MINUTE} and s.start >= t.start and s.start < t.start + ${TEN_MINUTES}
    where t.step = ${TEN_MINUTES} and t.start >= $3::int8 and t.start < $4::int8
    union all
    ${minutes('$4::int8', '$5::int8')}
    union all
    ${packed('$5::int8', '$6::int8')}`;
}

function prefixed(alias: string, columns: string): string {
  return columns
    .split(', ')
    .map((column) => `${alias}.${column}`)
    .join(', ');
}

export function levelParameters(cut: StepCut): readonly number[] {
  return [cut.from, cut.minuteFrom, cut.tenFrom, cut.tenTo, cut.minuteTo, cut.to];
}
