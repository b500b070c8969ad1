import type { Strand } from '#views/service-map/build-strands.ts';
import type { MapScene } from '#views/service-map/draw-map.ts';
import { type Particle, placeParticles, startParticleClock } from '#views/service-map/particles.ts';
import { type Polyline, pointAlong } from '#views/service-map/polyline.ts';
import {
  DASHES,
  haloAlpha,
  shortened,
  strandColour,
  strength,
} from '#views/service-map/strand-look.ts';

/** Bands, configuration, look-ups and calls, as the canvas draws them. */
export function PictureLines({
  scene,
  width,
}: {
  readonly scene: MapScene;
  readonly width: number;
}) {
  return (
    <g fill="none" strokeLinecap="round" strokeLinejoin="round">
      {scene.bands.map(({ top, bottom, edge }) => (
        <Band key={edge} top={top} bottom={bottom} edge={edge} width={width} />
      ))}
      {scene.configLines.map(({ line, isCut }) => (
        <Dots
          key={toPath(line)}
          line={line}
          colour={isCut ? 'var(--plain)' : 'var(--control)'}
          opacity={isCut ? 0.3 : 0.8}
        />
      ))}
      {scene.lookupLines.map((line) => (
        <Dots key={toPath(line)} line={line} colour="var(--dns)" opacity={0.75} />
      ))}
      {scene.strands.map((strand) => (
        <Halo key={strand.key} strand={strand} scene={scene} />
      ))}
      {scene.strands.map((strand) => (
        <StrandLine key={strand.key} strand={strand} scene={scene} />
      ))}
      {scene.strands.map((strand) => (
        <Particles key={strand.key} strand={strand} scene={scene} />
      ))}
    </g>
  );
}

/** The bands of the screen go on beyond the world; those of a picture end with it. */
function Band({
  top,
  bottom,
  edge,
  width,
}: MapScene['bands'][number] & { readonly width: number }) {
  const isAbove = top < 0;
  const from = isAbove ? 0 : top;
  const to = isAbove ? bottom : edge + NAMES_PX;
  return (
    <>
      <rect y={from} width={width} height={to - from} fill="var(--band)" />
      <rect y={edge - 0.5} width={width} height={1} fill="var(--line)" />
      <text x={16} y={from + 22} fontSize={11.5} fill="var(--dim)">
        {isAbove ? 'control' : 'names'}
      </text>
    </>
  );
}

/** At least as high as the band of names; the legend covers what is too much. */
const NAMES_PX = 120;

function Dots({
  line,
  colour,
  opacity,
}: {
  readonly line: Polyline;
  readonly colour: string;
  readonly opacity: number;
}) {
  return (
    <path
      d={toPath(line)}
      stroke={colour}
      strokeWidth={1.3}
      strokeDasharray="0.1 4"
      opacity={opacity}
    />
  );
}

interface StrandProps {
  readonly strand: Strand;
  readonly scene: MapScene;
}

function Halo({ strand, scene }: StrandProps) {
  const opacity = haloAlpha(strand, scene);
  if (opacity === 0) return null;
  return (
    <path
      d={toPath(strand.broken?.head ?? strand.line)}
      stroke="var(--crit)"
      strokeWidth={strand.width + 8}
      opacity={opacity}
    />
  );
}

function StrandLine({ strand, scene }: StrandProps) {
  const level = scene.levels?.get(strand.edgeId);
  const colour = level === undefined ? `var(--${strandColour(strand)})` : 'var(--accent)';
  const opacity = round(strength(strand, scene) * (level === undefined ? 1 : 0.25 + 0.75 * level));
  const line = strand.broken?.head ?? shortened(strand.line);
  return (
    <g opacity={opacity} stroke={colour}>
      {strand.form === 'double' ? (
        <>
          <path d={toPath(line)} strokeWidth={round(strand.width + 3.6)} />
          <path d={toPath(line)} stroke="var(--bg)" strokeWidth={round(strand.width + 0.8)} />
        </>
      ) : (
        <path
          d={toPath(line)}
          strokeWidth={round(strand.width)}
          {...(strand.form === 'dashed' ? { strokeLinecap: 'butt' as const } : {})}
          {...(DASHES[strand.form].length === 0
            ? {}
            : { strokeDasharray: DASHES[strand.form].join(' ') })}
        />
      )}
      {strand.broken !== undefined && (
        <path
          d={toPath(strand.broken.rest)}
          stroke="var(--plain)"
          strokeWidth={1.2}
          strokeDasharray="0.1 4.5"
          opacity={0.55}
        />
      )}
      <path
        d={arrowPath(strand.line)}
        strokeWidth={1.6}
        {...(strand.broken === undefined ? {} : { stroke: 'var(--plain)', opacity: 0.55 })}
      />
    </g>
  );
}

/** The calls under way at one moment, and the break of those that found no address. */
function Particles({ strand, scene }: StrandProps) {
  const opacity = strength(strand, scene);
  const run = strand.broken?.head ?? strand.line;
  const particles = strand.perSecond > 0 ? placeParticles(strand, run, startParticleClock()) : [];
  if (particles.length === 0 && strand.broken === undefined) return null;
  return (
    <g opacity={opacity}>
      {particles.map((particle) => (
        <Dot
          key={`${round(particle.x)} ${round(particle.y)}`}
          strand={strand}
          particle={particle}
        />
      ))}
      {strand.broken !== undefined && <Break at={strand.broken.at} />}
    </g>
  );
}

function Dot({ strand, particle }: { readonly strand: Strand; readonly particle: Particle }) {
  const x = round(particle.x);
  const y = round(particle.y);
  if (particle.fails) {
    return <path d={`M${x} ${y - 4.4}l4.4 4.4-4.4 4.4-4.4-4.4Z`} fill="var(--crit)" />;
  }
  if (strand.form === 'dashed') {
    const angle = round((Math.atan2(particle.dy, particle.dx) * 180) / Math.PI);
    return (
      <rect
        x={x - 2.5}
        y={y - 2.5}
        width={5}
        height={5}
        fill="var(--dns-particle)"
        transform={`rotate(${angle} ${x} ${y})`}
      />
    );
  }
  if (strand.form === 'double') {
    return (
      <circle
        cx={x}
        cy={y}
        r={3}
        fill="var(--bg)"
        stroke="var(--mesh-particle)"
        strokeWidth={1.4}
      />
    );
  }
  const isMesh = strand.hue === 'mesh';
  return (
    <circle
      cx={x}
      cy={y}
      r={isMesh ? 2.4 : 1.9}
      fill={isMesh ? 'var(--mesh-particle)' : 'var(--muted)'}
    />
  );
}

function Break({ at }: { readonly at: { readonly x: number; readonly y: number } }) {
  return (
    <g
      transform={`translate(${round(at.x)} ${round(at.y)})`}
      stroke="var(--crit)"
      strokeWidth={1.6}
    >
      <circle r={7.5} fill="var(--bg)" />
      <path d="m-2.8-2.8 5.6 5.6m0-5.6-5.6 5.6" />
    </g>
  );
}

function toPath({ points }: Polyline): string {
  return points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${round(x)} ${round(y)}`).join('');
}

/** As on the canvas: an open head at the callee. */
function arrowPath(line: Polyline): string {
  const tip = pointAlong(line, line.length - 1);
  const back = Math.atan2(tip.dy, tip.dx) + Math.PI;
  return [-0.52, 0.52]
    .map((turn) => {
      const x = round(tip.x + Math.cos(back + turn) * 7);
      const y = round(tip.y + Math.sin(back + turn) * 7);
      return `M${round(tip.x)} ${round(tip.y)}L${x} ${y}`;
    })
    .join('');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
