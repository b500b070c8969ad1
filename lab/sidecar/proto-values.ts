import { z } from 'zod';

/** google.protobuf's wrappers and Duration as proto3 JSON objects; what is default is left out. */
export const UInt32Value = z.object({ value: z.coerce.number().int().nonnegative().default(0) });
export const Duration = z.object({
  seconds: z.coerce.number().default(0),
  nanos: z.number().default(0),
});

export function toMs({ seconds, nanos }: z.infer<typeof Duration>): number {
  return seconds * 1000 + nanos / 1e6;
}
