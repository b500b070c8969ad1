/** What the story's own log and the API say, as far as a test reads it. */
export interface LogLine {
  readonly unixNano: string;
  readonly step: string;
  readonly target: string;
  readonly kind?: string;
  readonly mode?: string;
}

export interface Run {
  readonly id: string;
  readonly state: string;
  readonly log: readonly LogLine[];
}

export interface Incident {
  readonly id: string;
  readonly startUnixNano: string;
  readonly state: string;
  readonly mitigatedUnixNano?: string;
  readonly endUnixNano?: string;
  readonly firstMover?: string;
  readonly lastMover?: string;
  readonly shifts: readonly {
    readonly service: string;
    readonly direction: string;
    readonly beganUnixNano: string;
  }[];
}

export interface Edge {
  readonly client: string;
  readonly server: string;
  readonly byMode: readonly { readonly mode: string }[];
}

export interface TraceSummary {
  readonly traceId: string;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly durationNs: number;
}

export interface Shift {
  readonly client: string;
  readonly server: string;
  readonly direction: string;
  readonly atUnixNano: string;
  readonly detectedUnixNano: string;
}

/** Tells by how much a timer of this process was late. Returns how to stop. */
export function watchStarvation(onLate: (ms: number) => void): () => void {
  const EVERY_MS = 100;
  let dueMs = performance.now() + EVERY_MS;
  const timer = setInterval(() => {
    onLate(Math.max(0, performance.now() - dueMs));
    dueMs = performance.now() + EVERY_MS;
  }, EVERY_MS);
  return () => clearInterval(timer);
}

export function instantOf(log: readonly LogLine[], is: (line: LogLine) => boolean): bigint {
  const line = log.find(is);
  if (!line) throw new Error('the scenario log has no such line');
  return BigInt(line.unixNano);
}

export function secondsBetween(a: bigint, b: bigint): number {
  return Math.abs(Number(a - b)) / 1e9;
}
