import { z } from 'zod';

/** Ports on the relay's side of the connections to the server, as the server sees its peers; none = all. */
const onlyPorts = z.array(z.int().min(1).max(65_535)).max(10_000).default([]);

export const linkFaultSchema = z.discriminatedUnion('kind', [
  /** Nothing passes, in either direction, and nobody is told. What was sent arrives when it ends. */
  z.strictObject({ kind: z.literal('blackhole'), onlyPorts }),
  /** The server's side is gone and the client does not learn of it. */
  z.strictObject({ kind: z.literal('half-open'), onlyPorts }),
  /** New connections are reset. */
  z.strictObject({ kind: z.literal('refuse') }),
  z.strictObject({ kind: z.literal('latency'), ms: z.int().min(0).max(60_000) }),
  z.strictObject({ kind: z.literal('bandwidth'), bytesPerSecond: z.int().min(1) }),
]);

export type LinkFault = z.infer<typeof linkFaultSchema>;

export interface Shape {
  readonly latencyMs: number;
  /** Infinity when it is not limited. */
  readonly bytesPerSecond: number;
}

export function shapeOf(faults: readonly LinkFault[]): Shape {
  const latency = faults.find((fault) => fault.kind === 'latency');
  const bandwidth = faults.find((fault) => fault.kind === 'bandwidth');
  return {
    latencyMs: latency?.ms ?? 0,
    bytesPerSecond: bandwidth?.bytesPerSecond ?? Number.POSITIVE_INFINITY,
  };
}

/** Whether a fault of this kind holds for the connection that leaves the relay from `port`. */
export function isUnder(
  faults: readonly LinkFault[],
  kind: 'blackhole' | 'half-open',
  port: number | undefined,
): boolean {
  return faults.some(
    (fault) =>
      fault.kind === kind &&
      (fault.onlyPorts.length === 0 || (port !== undefined && fault.onlyPorts.includes(port))),
  );
}

/** When the last of `bytes` that came at `nowMs` has passed, one after the other: `previousMs` is when the ones before have. */
export function passesAtMs(shape: Shape, nowMs: number, previousMs: number, bytes: number): number {
  const lineIsFreeAtMs = Math.max(nowMs + shape.latencyMs, previousMs);
  return lineIsFreeAtMs + (bytes / shape.bytesPerSecond) * 1000;
}
