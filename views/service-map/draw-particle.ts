import type { Palette } from '#views/theme/palette.ts';
import type { Strand } from './build-strands.ts';
import type { Particle } from './particles.ts';

/** A call under way: round by the mesh, hollow from cache, square by DNS, a red diamond when it fails. */
export function drawParticle(
  context: CanvasRenderingContext2D,
  strand: Strand,
  { x, y, dx, dy, fails }: Particle,
  palette: Palette,
): void {
  context.beginPath();
  if (fails) {
    context.fillStyle = palette.crit;
    diamond(context, x, y, 4.4);
    context.fill();
  } else if (strand.form === 'dashed') {
    context.fillStyle = palette['dns-particle'];
    square(context, x, y, Math.atan2(dy, dx));
    context.fill();
  } else if (strand.form === 'double') {
    context.arc(x, y, 3, 0, 2 * Math.PI);
    context.fillStyle = palette.bg;
    context.fill();
    context.strokeStyle = palette['mesh-particle'];
    context.lineWidth = 1.4;
    context.stroke();
  } else {
    context.fillStyle = strand.hue === 'mesh' ? palette['mesh-particle'] : palette.muted;
    context.arc(x, y, strand.hue === 'mesh' ? 2.4 : 1.9, 0, 2 * Math.PI);
    context.fill();
  }
}

function diamond(context: CanvasRenderingContext2D, x: number, y: number, size: number): void {
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.closePath();
}

function square(context: CanvasRenderingContext2D, x: number, y: number, angle: number): void {
  const half = 3.6;
  for (let corner = 0; corner < 4; corner++) {
    const turn = angle + Math.PI / 4 + (corner * Math.PI) / 2;
    context.lineTo(x + Math.cos(turn) * half, y + Math.sin(turn) * half);
  }
  context.closePath();
}
