import type { Prisma } from '#store/generated/client.ts';

/**
 * Conclusions as JSON columns: JSON has no 64-bit integers, so instants are decimal strings there. Which strings are
 * instants is told by the key, as everywhere: it ends with `unixNano`.
 */
export function toInstantsJson(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)),
  );
}

export function fromInstantsJson<T>(json: unknown): T {
  return JSON.parse(JSON.stringify(json), (key, part: unknown) =>
    /unixNano$/i.test(key) && typeof part === 'string' ? BigInt(part) : part,
  );
}
