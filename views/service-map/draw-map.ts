import type { Palette } from '#views/theme/palette.ts';
import type { Strand } from './build-strands.ts';
import type { ConfigLine } from './control-lines.ts';
import { drawParticle } from './draw-particle.ts';
import { type ParticleClock, placeParticles } from './particles.ts';
import { type Polyline, pointAlong } from './polyline.ts';
import {
  CALM,
  CROWD,
  DASHES,
  haloAlpha,
  shortened,
  strandColour,
  strength,
} from './strand-look.ts';

/** Everything that one frame shows, besides the nodes. */
export interface MapScene {
  readonly strands: readonly Strand[];
  /** Grounds of control and names, with the border towards the traffic. */
  readonly bands: readonly {
    readonly top: number;
    readonly bottom: number;
    readonly edge: number;
  }[];
  readonly configLines: readonly ConfigLine[];
  readonly lookupLines: readonly Polyline[];
  /** Edges with a halo of selection or hover. */
  readonly marked: ReadonlySet<string>;
  /** Edges drawn at full strength; all when undefined. */
  readonly kept: ReadonlySet<string> | undefined;
  /** Something is loud, so that the usual steps back. */
  readonly hasLoud: boolean;
  /** The metric that colours the edges, 0..1 an edge; undefined colours by routing. */
  readonly levels: ReadonlyMap<string, number> | undefined;
}

export interface MapTransform {
  readonly k: number;
  readonly x: number;
  readonly y: number;
}

const paths = new WeakMap<Polyline, Path2D>();

/** Draws everything that stands still as long as scene, palette and transform are the same. */
export function drawStill(
  context: CanvasRenderingContext2D,
  scene: MapScene,
  palette: Palette,
  transform: MapTransform,
  pixelRatio: number,
): void {
  const { canvas } = context;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  toWorld(context, transform, pixelRatio);
  for (const band of scene.bands) drawBand(context, band, palette);
  const open = scene.configLines.filter(({ isCut }) => !isCut);
  const cut = scene.configLines.filter(({ isCut }) => isCut);
  drawDots(
    context,
    cut.map(({ line }) => line),
    palette.plain,
    0.3,
  );
  drawDots(
    context,
    open.map(({ line }) => line),
    palette.control,
    0.8,
  );
  drawDots(context, scene.lookupLines, palette.dns, 0.75);
  for (const strand of scene.strands) drawHalo(context, strand, scene, palette);
  for (const strand of scene.strands) drawLine(context, strand, scene, palette);
  context.globalAlpha = 1;
}

/** Draws one frame over `still`, which `drawStill` has drawn. `clock` moves the particles; they hold at a step of 0. */
export function drawFrame(
  context: CanvasRenderingContext2D,
  still: CanvasImageSource,
  scene: MapScene,
  palette: Palette,
  transform: MapTransform,
  pixelRatio: number,
  clock: ParticleClock,
): void {
  const { canvas } = context;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(still, 0, 0);
  toWorld(context, transform, pixelRatio);
  const isCrowded = scene.strands.length > CROWD;
  for (const strand of scene.strands) {
    if (isCrowded && !strand.isLoud && !scene.marked.has(strand.edgeId)) continue;
    drawParticles(context, strand, scene, palette, clock);
  }
  for (const strand of scene.strands) drawBreak(context, strand, scene, palette);
  context.globalAlpha = 1;
}

function toWorld(
  context: CanvasRenderingContext2D,
  transform: MapTransform,
  pixelRatio: number,
): void {
  const k = transform.k * pixelRatio;
  context.setTransform(k, 0, 0, k, transform.x * pixelRatio, transform.y * pixelRatio);
  context.lineCap = 'round';
  context.lineJoin = 'round';
}

const BAND_WIDTH = 20_000;

function drawBand(
  context: CanvasRenderingContext2D,
  { top, bottom, edge }: MapScene['bands'][number],
  palette: Palette,
): void {
  context.globalAlpha = 1;
  context.fillStyle = palette.band;
  context.fillRect(-BAND_WIDTH / 2, top, BAND_WIDTH, bottom - top);
  context.fillStyle = palette.line;
  context.fillRect(-BAND_WIDTH / 2, edge - 0.5, BAND_WIDTH, 1);
}

function drawDots(
  context: CanvasRenderingContext2D,
  lines: readonly Polyline[],
  colour: string,
  alpha: number,
): void {
  context.globalAlpha = alpha;
  context.strokeStyle = colour;
  context.lineWidth = 1.3;
  context.setLineDash([0.1, 4]);
  for (const line of lines) context.stroke(pathOf(line));
  context.setLineDash([]);
}

function drawHalo(
  context: CanvasRenderingContext2D,
  strand: Strand,
  scene: MapScene,
  palette: Palette,
): void {
  if (scene.marked.has(strand.edgeId)) {
    context.globalAlpha = 0.2;
    context.strokeStyle = palette.select;
    context.lineWidth = 18;
    context.stroke(pathOf(strand.line));
  }
  const alpha = haloAlpha(strand, scene);
  if (alpha === 0) return;
  context.globalAlpha = alpha;
  context.strokeStyle = palette.crit;
  context.lineWidth = strand.width + 8;
  context.stroke(pathOf(strand.broken?.head ?? strand.line));
}

function drawLine(
  context: CanvasRenderingContext2D,
  strand: Strand,
  scene: MapScene,
  palette: Palette,
): void {
  const level = scene.levels?.get(strand.edgeId);
  const colour = level === undefined ? palette[strandColour(strand)] : palette.accent;
  const alpha = strength(strand, scene) * (level === undefined ? 1 : 0.25 + 0.75 * level);
  context.globalAlpha = alpha;
  context.strokeStyle = colour;
  context.lineWidth = strand.width;
  const visible = strand.broken?.head ?? shortened(strand.line);
  strokeForm(context, strand, visible, palette.bg);
  if (strand.broken !== undefined) {
    context.globalAlpha = alpha * 0.55;
    context.strokeStyle = palette.plain;
    context.lineWidth = 1.2;
    context.setLineDash([0.1, 4.5]);
    context.stroke(pathOf(strand.broken.rest));
    context.setLineDash([]);
  }
  drawArrow(context, strand.line);
}

function strokeForm(
  context: CanvasRenderingContext2D,
  strand: Strand,
  line: Polyline,
  ground: string,
): void {
  const path = pathOf(line);
  if (strand.form === 'double') {
    context.lineWidth = strand.width + 3.6;
    context.stroke(path);
    context.strokeStyle = ground;
    context.globalAlpha = 1;
    context.lineWidth = strand.width + 0.8;
    context.stroke(path);
    return;
  }
  context.setLineDash(DASHES[strand.form]);
  context.lineCap = strand.form === 'dashed' ? 'butt' : 'round';
  context.stroke(path);
  context.lineCap = 'round';
  context.setLineDash([]);
}

/** An open arrowhead at the callee: direction without motion. */
function drawArrow(context: CanvasRenderingContext2D, line: Polyline): void {
  const tip = pointAlong(line, line.length - 1);
  const angle = Math.atan2(tip.dy, tip.dx);
  context.lineWidth = 1.6;
  context.beginPath();
  for (const side of [-1, 1]) {
    context.moveTo(tip.x, tip.y);
    const turn = angle + Math.PI + side * 0.52;
    context.lineTo(tip.x + Math.cos(turn) * 7, tip.y + Math.sin(turn) * 7);
  }
  context.stroke();
}

function drawParticles(
  context: CanvasRenderingContext2D,
  strand: Strand,
  scene: MapScene,
  palette: Palette,
  clock: ParticleClock,
): void {
  if (strand.perSecond <= 0) return;
  const alpha = strength(strand, scene);
  context.globalAlpha = alpha < CALM ? alpha : 1;
  const run = strand.broken?.head ?? strand.line;
  for (const particle of placeParticles(strand, run, clock)) {
    drawParticle(context, strand, particle, palette);
  }
}

function drawBreak(
  context: CanvasRenderingContext2D,
  strand: Strand,
  scene: MapScene,
  palette: Palette,
): void {
  if (strand.broken === undefined) return;
  const { x, y } = strand.broken.at;
  context.globalAlpha = strength(strand, scene);
  context.beginPath();
  context.arc(x, y, 7.5, 0, 2 * Math.PI);
  context.fillStyle = palette.bg;
  context.fill();
  context.strokeStyle = palette.crit;
  context.lineWidth = 1.6;
  context.stroke();
  context.beginPath();
  context.moveTo(x - 2.8, y - 2.8);
  context.lineTo(x + 2.8, y + 2.8);
  context.moveTo(x + 2.8, y - 2.8);
  context.lineTo(x - 2.8, y + 2.8);
  context.stroke();
}

function pathOf(line: Polyline): Path2D {
  const known = paths.get(line);
  if (known !== undefined) return known;
  const path = new Path2D();
  line.points.forEach(({ x, y }, i) => {
    if (i === 0) path.moveTo(x, y);
    else path.lineTo(x, y);
  });
  paths.set(line, path);
  return path;
}
