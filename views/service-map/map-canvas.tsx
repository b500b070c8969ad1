'use client';

import { type RefObject, useEffect, useRef } from 'react';
import { readPalette, watchTheme } from '#views/theme/palette.ts';
import { drawMap, type MapScene, type MapTransform } from './draw-map.ts';
import { startParticleClock } from './particles.ts';
import type { Size } from './place-map.ts';

/** A frame that comes late, e.g. after a hidden tab, moves the particles by this at most. */
const MAX_STEP_SECONDS = 0.05;

/** Edges and particles of the whole map on one canvas. It draws while it can be seen, and moves unless asked not to. */
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
    const draw = (now: number) => {
      const { scene: current, isMoving: moves } = latest.current;
      clock.stepSeconds = moves ? Math.min(MAX_STEP_SECONDS, (now - before) / 1000) : 0;
      before = now;
      drawMap(context, current, palette, transform.current, pixelRatio, clock);
      handle = requestAnimationFrame(draw);
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
