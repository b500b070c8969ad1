import { z } from 'zod';

const names = z
  .array(z.string().min(1).max(253))
  .max(1000)
  .default([])
  .transform((list) => list.map((name) => name.toLowerCase()));

/** What can be made wrong with the DNS server, by request. Without `names` it holds for all of them. */
export const dnsFaultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('servfail'), names }),
  z.strictObject({ kind: z.literal('nxdomain'), names }),
  /** The query is taken and never answered. */
  z.strictObject({ kind: z.literal('timeout'), names }),
  /** NOERROR without a record: the name is there and its addresses are gone. */
  z.strictObject({ kind: z.literal('empty'), names }),
  /** The zone stands still while instances move. */
  z.strictObject({ kind: z.literal('stale') }),
  z.strictObject({ kind: z.literal('latency'), ms: z.int().min(0).max(60_000) }),
]);

export type DnsFault = z.infer<typeof dnsFaultSchema>;

/** The fault that holds for a query of `name`, the latest first. */
export function faultFor(faults: readonly DnsFault[], name: string): DnsFault | undefined {
  return faults.findLast(
    (fault) => 'names' in fault && (fault.names.length === 0 || fault.names.includes(name)),
  );
}

export function latencyMs(faults: readonly DnsFault[]): number {
  return faults.reduce((ms, fault) => (fault.kind === 'latency' ? fault.ms : ms), 0);
}
