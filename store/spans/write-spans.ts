import type pg from 'pg';
import type { SpanBatch } from '#telemetry/span-batch.ts';
import { holdMinutes } from '../call-edges/hold-minutes.ts';
import { AliasLearner } from '../call-edges/learn-aliases.ts';
import { RollUp } from '../call-edges/roll-up.ts';
import {
  notifyCommit,
  writeAliases,
  writeEdges,
  writeInstances,
  writeOperations,
  writeServices,
} from '../call-edges/write-roll-ups.ts';
import { type Body, GroupCommit } from '../group-commit.ts';
import { Lane } from '../lane.ts';
import { SeenServices } from '../services/seen-services.ts';
import { MAX_SEGMENT_SPANS, type Segment, SegmentBuilder } from './build-segment.ts';
import { writeSegments } from './write-segments.ts';

export interface SpanWriter {
  /** Settles when the spans are durable. True: this body was stored before. Rejects when the store cannot take it now. */
  readonly write: (batch: SpanBatch, hash: Uint8Array) => Promise<boolean>;
  readonly stop: () => Promise<void>;
}

const LANES = 2;
const DELAY_MS = 40;
const QUIET_MS = 4;
/** Of the open seconds each transaction writes every row once, few spans or many: large groups cost a fifth less CPU a span. */
const ENOUGH_SPANS = 8000;
/** Spans whose starts lie further apart than 2^51 ns (26 days) go to different segments: offsets stay exact. */
const EPOCH_SHIFT = 19;

interface SpanBody extends Body {
  readonly batch: SpanBatch;
}

/** The hot path's end: spans into segments, roll-ups beside them, one transaction for many requests. */
export function openSpanWriter(url: string): SpanWriter {
  const aliases = new AliasLearner();
  const seen = new SeenServices();
  const lanes = Array.from({ length: LANES }, () => new SpanLane(url, aliases, seen));
  const commits = new GroupCommit<SpanBody>({
    lanes: lanes.map((lane) => (bodies) => lane.commit(bodies)),
    delayMs: DELAY_MS,
    quietMs: QUIET_MS,
    enoughWeight: ENOUGH_SPANS,
    maxWeight: MAX_SEGMENT_SPANS,
  });
  return {
    write: async (batch, hash) => {
      if (batch.count === 0) return false;
      return await commits.write({ batch, hash, weight: batch.count });
    },
    stop: async () => {
      await commits.drain();
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

class SpanLane {
  readonly #lane: Lane;
  readonly #rollUp = new RollUp();
  readonly #aliases: AliasLearner;
  readonly #seen: SeenServices;

  constructor(url: string, aliases: AliasLearner, seen: SeenServices) {
    this.#lane = new Lane(url);
    this.#aliases = aliases;
    this.#seen = seen;
  }

  async commit(bodies: readonly SpanBody[]): Promise<void> {
    const segments = await buildSegments(bodies.map(({ batch }) => batch));
    try {
      await this.#lane.commit(bodies, async (client, day) => {
        await writeSegments(client, day, segments);
        await this.#writeFacts(client, bodies);
      });
    } catch (error) {
      this.#rollUp.forget();
      this.#aliases.forget();
      this.#seen.forget();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#lane.close();
  }

  async #writeFacts(client: pg.Client, bodies: readonly SpanBody[]): Promise<void> {
    const batches = bodies.map(({ batch }) => batch);
    const held = await holdMinutes(client, batches);
    for (const batch of batches) {
      this.#rollUp.fold(batch, held);
      this.#aliases.observe(batch);
      this.#seen.observe(batch);
    }
    const { edges, services } = this.#rollUp.takeDirty();
    const { instances, operations } = this.#seen.takeFresh();
    await writeEdges(client, edges);
    await writeServices(client, services);
    await writeInstances(client, instances);
    await writeOperations(client, operations);
    await writeAliases(client, this.#aliases.takeFresh());
    await notifyCommit(client, edges, services);
  }
}

async function buildSegments(batches: readonly SpanBatch[]): Promise<readonly Segment[]> {
  const builders: SegmentBuilder[] = [];
  const open = new Map<number, { builder: SegmentBuilder; room: number }>();
  let left = batches.reduce((sum, batch) => sum + batch.count, 0);
  for (const batch of batches) {
    for (let i = 0; i < batch.count; i++, left--) {
      const epoch = (batch.startHigh[i] as number) >>> EPOCH_SHIFT;
      let segment = open.get(epoch);
      if (segment === undefined || segment.room === 0) {
        const room = Math.min(left, MAX_SEGMENT_SPANS);
        segment = { builder: new SegmentBuilder(room), room };
        builders.push(segment.builder);
        open.set(epoch, segment);
      }
      segment.builder.add(batch, i);
      segment.room--;
    }
  }
  return await Promise.all(
    builders.map((builder) => builder.finish({ compression: 'fast', level: 0 })),
  );
}
