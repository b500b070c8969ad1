import type { Strand } from './build-strands.ts';
import { type Polyline, pointAlong } from './polyline.ts';

export interface Particle {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
  readonly fails: boolean;
}

/** Where the stream of each strand stands; lives as long as the canvas. */
export interface ParticleClock {
  /** Seconds since the last frame; 0 holds everything still. */
  stepSeconds: number;
  readonly phases: Map<string, { walked: number; spacing: number }>;
}

export function startParticleClock(): ParticleClock {
  return { stepSeconds: 0, phases: new Map() };
}

const SPACING = { min: 44, max: 190 };
const SPEED = { base: 44, perOctave: 24, max: 150 };
/** The golden ratio's fractional part spreads any share evenly over consecutive numbers. */
const GOLDEN = 0.618_033_988_75;

/**
 * The particles of a strand at this frame. Speed and density follow the rate, both capped: motion tells more from less,
 * the label tells how much.
 */
export function placeParticles(
  strand: Strand,
  run: Polyline,
  clock: ParticleClock,
): readonly Particle[] {
  const speed = Math.min(SPEED.max, SPEED.base + SPEED.perOctave * Math.log2(1 + strand.perSecond));
  const wanted = Math.max(SPACING.min, Math.min(SPACING.max, speed / strand.perSecond));
  const before = clock.phases.get(strand.key);
  const spacing = before === undefined ? wanted : before.spacing + (wanted - before.spacing) * 0.04;
  const walked = (before?.walked ?? spacing * 0.5) + speed * clock.stepSeconds;
  clock.phases.set(strand.key, { walked, spacing });
  const particles: Particle[] = [];
  const newest = Math.floor(walked / spacing);
  for (let at = walked - newest * spacing, i = newest; at < run.length; at += spacing, i--) {
    const place = pointAlong(run, at);
    particles.push({ ...place, fails: isFailing(i, strand.errorRatio) });
  }
  return particles;
}

function isFailing(index: number, errorRatio: number): boolean {
  if (errorRatio <= 0) return false;
  const spread = index * GOLDEN;
  return spread - Math.floor(spread) < errorRatio;
}
