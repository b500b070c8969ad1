import { MINUTE, type StepCut, TEN_MINUTES } from './steps.ts';

/**
 * SQL of all roll-up rows of a window, each part at the level that `cut` says, with parameters $1…$6. `seconds` and
 * `steps` are tables, `columns` what both have.
 */
export function levelRows(seconds: string, steps: string, columns: string): string {
  const isStale = `exists (select from stale_step x where x.step = s.step and x.start = s.start)`;
  const minutes = (from: string, to: string): string =>
    `select ${columns} from ${steps} s where step = ${MINUTE} and start >= ${from} and start < ${to} and not ${isStale}`;
  return `
    select ${columns} from ${seconds} where second >= $1 and second < $2
    union all
    select ${columns} from ${seconds} where second >= $5 and second < $6
    union all
    ${minutes('$2', '$3')}
    union all
    ${minutes('$4', '$5')}
    union all
    select ${columns} from ${steps} s
    where step = ${TEN_MINUTES} and start >= $3 and start < $4 and not ${isStale}
    union all
    select ${prefixed('s', columns)} from stale_step t
      join ${steps} s on s.step = ${MINUTE} and s.start >= t.start and s.start < t.start + ${TEN_MINUTES}
    where t.step = ${TEN_MINUTES} and t.start >= $3 and t.start < $4 and not ${isStale}
    union all
    select ${prefixed('f', columns)} from stale_step t
      join ${seconds} f on f.second >= t.start and f.second < t.start + ${MINUTE}
    where t.step = ${MINUTE} and t.start >= $2 and t.start < $5`;
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
