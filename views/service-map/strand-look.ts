import type { Strand } from './build-strands.ts';
import { cutLine, type Polyline } from './polyline.ts';

/** What decides how strongly one strand is drawn among the others. */
interface Around {
  readonly strands: readonly Strand[];
  readonly marked: ReadonlySet<string>;
  readonly kept: ReadonlySet<string> | undefined;
  readonly hasLoud: boolean;
}

const QUIET = 0.42;
export const CALM = 0.8;
/** Above so many lines the usual ones are faint and do not move: what is loud must be found among them. */
export const CROWD = 60;
const CROWDED = 0.26;
const FADED = 0.1;
/** How strongly a strand is drawn, 0..1. */
export function strength(strand: Strand, scene: Around): number {
  if (scene.kept !== undefined && !scene.kept.has(strand.edgeId)) return FADED;
  if (strand.isLoud || scene.marked.has(strand.edgeId)) return 1;
  if (scene.strands.length > CROWD) return scene.hasLoud ? CROWDED : QUIET;
  return scene.hasLoud ? QUIET : CALM;
}

/** Of the red halo of failing calls; 0 where none is drawn. */
export function haloAlpha(strand: Strand, scene: Around): number {
  if (strand.errorRatio < 0.01) return 0;
  return strength(strand, scene) * (0.14 + 0.2 * strand.errorRatio);
}

/** The token of a strand's line: what found no address was still sent by the mesh. */
export function strandColour(strand: Strand): Strand['hue'] {
  return strand.form === 'broken' ? 'mesh' : strand.hue;
}

export const DASHES: Readonly<Record<Strand['form'], number[]>> = {
  solid: [],
  double: [],
  broken: [],
  dashed: [6, 4],
  dotted: [0.1, 4.5],
  faint: [3, 5],
  idle: [0.1, 5.5],
};

const shortLines = new WeakMap<Polyline, Polyline>();

/** Without the last pixels, where the arrowhead is. */
export function shortened(line: Polyline): Polyline {
  const known = shortLines.get(line);
  if (known !== undefined) return known;
  const short = cutLine(line, 0, Math.max(0, line.length - 3));
  shortLines.set(line, short);
  return short;
}
