'use client';

import { type RefObject, useEffect, useRef } from 'react';
import { type Palette, readPalette, watchTheme } from '#views/theme/palette.ts';
import { drawFrame, drawStill, type MapScene, type MapTransform } from './draw-map.ts';
import { startParticleClock } from './particles.ts';
import type { Size } from './place-map.ts';

/** A frame that comes late, e.g. after a hidden tab, moves the particles by this at most. */
const MAX_STEP_SECONDS = 0.05;

/**
 * Edges and particles of the whole map on one canvas. It draws while it can be seen, and moves unless asked not to.
 * Lines are drawn once for each change, on a canvas of their own: a frame is a copy of it, and the particles.
 */
export function MapCanvas({
  scene,
  transform,
  size,
  isMoving,
}: {
  readonly scene: MapScene;
  readonly transform: RefObject<MapTransform>;
  readonly size: Size;
  readonly isMoving: boolean;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef({ scene, isMoving });
  useEffect(() => {
    latest.current = { scene, isMoving };
  }, [scene, isMoving]);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d') ?? null;
    if (element === null || context === null) return;
    const pixelRatio = window.devicePixelRatio || 1;
    element.width = Math.max(1, Math.round(size.width * pixelRatio));
    element.height = Math.max(1, Math.round(size.height * pixelRatio));
    let palette = readPalette(element.parentElement ?? document.body);
    const clock = startParticleClock();
    let handle = 0;
    let before = performance.now();
    const still = document.createElement('canvas');
    still.width = element.width;
    still.height = element.height;
    const stillContext = still.getContext('2d');
    let drawn: { scene: MapScene; palette: Palette; transform: MapTransform } | undefined;
    const draw = (now: number) => {
      handle = requestAnimationFrame(draw);
      const { scene: current, isMoving: moves } = latest.current;
      const view = transform.current;
      const isSame =
        drawn?.scene === current && drawn.palette === palette && drawn.transform === view;
      clock.stepSeconds = moves ? Math.min(MAX_STEP_SECONDS, (now - before) / 1000) : 0;
      before = now;
      if (isSame && !moves) return;
      if (!isSame && stillContext !== null) {
        drawStill(stillContext, current, palette, view, pixelRatio);
        drawn = { scene: current, palette, transform: view };
      }
      drawFrame(context, still, current, palette, view, pixelRatio, clock);
    };
    const stopWatching = watchTheme(() => {
      palette = readPalette(element.parentElement ?? document.body);
    });
    // A hidden tab stops requestAnimationFrame by itself; a map scrolled out of sight does not.
    const observer = new IntersectionObserver(([entry]) => {
      cancelAnimationFrame(handle);
      if (entry?.isIntersecting === true) handle = requestAnimationFrame(draw);
    });
    observer.observe(element);
    return () => {
      cancelAnimationFrame(handle);
      observer.disconnect();
      stopWatching();
    };
  }, [size, transform]);
  return <canvas ref={canvas} aria-hidden className="absolute inset-0 size-full" />;
}
