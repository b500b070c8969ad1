import { MINUTE } from './steps.ts';

/** One kind of roll-up: where its rows lie, what tells them apart, and the column that counts. */
export interface RollUpTables {
  /** Rows of seconds that are being filled. */
  readonly seconds: string;
  /** Rows of minutes, with their seconds packed inside, and of ten minutes. */
  readonly steps: string;
  readonly keys: readonly { readonly name: string; readonly type: 'text' | 'int2' }[];
  readonly count: string;
}

export const EDGE_TABLES: RollUpTables = {
  seconds: 'call_edge_second',
  steps: 'call_edge_step',
  keys: [
    { name: 'client', type: 'text' },
    { name: 'server', type: 'text' },
    { name: 'server_kind', type: 'int2' },
    { name: 'mode', type: 'int2' },
  ],
  count: 'calls',
};

export const SERVICE_TABLES: RollUpTables = {
  seconds: 'service_second',
  steps: 'service_step',
  keys: [
    { name: 'service', type: 'text' },
    { name: 'reporter', type: 'int2' },
  ],
  count: 'requests',
};

/** The columns that tell rows of one second or step apart. */
export function keysOf({ keys }: RollUpTables): string {
  return keys.map(({ name }) => name).join(', ');
}

/**
 * SQL of what was counted in each second from `from` up to but without `to`, which are SQL of type int8: `second`, the
 * keys, the count, `errors` and `latency`. Several rows may belong together: they add up. `where` chooses by the keys.
 */
export function secondRows(tables: RollUpTables, from: string, to: string, where = 'true'): string {
  return `
    select second, ${keysOf(tables)}, ${tables.count}, errors, latency from ${tables.seconds}
    where second >= ${from} and second < ${to} and ${where}
    union all
    ${packedRows(tables, from, to, where)}`;
}

/** The same of those seconds alone that are packed into their minute. */
export function packedRows(tables: RollUpTables, from: string, to: string, where = 'true'): string {
  const { steps, count } = tables;
  return `
    select m.start + p.at as second, ${keysOf(tables)}, p.${count}, coalesce(p.errors, 0) as errors, p.latency
    from (select * from ${steps} where step = ${MINUTE} and start > ${from} - ${MINUTE} and start < ${to} and ${where}) m
      cross join lateral unnest(m.second_at, m.second_counts, m.second_errors, m.second_latencies)
        as p (at, ${count}, errors, latency)
    where m.start + p.at >= ${from} and m.start + p.at < ${to}`;
}
