'use client';

import { type RefObject, useEffect, useRef } from 'react';
import { watchTheme } from '#views/theme/palette.ts';

/** What a drawing needs; sizes in CSS pixels, the device's own are taken care of. */
export interface Surface {
  readonly context: CanvasRenderingContext2D;
  readonly widthPx: number;
  readonly heightPx: number;
  /** The colour of a token in the present theme, e.g. `mesh`. */
  readonly colour: (token: string) => string;
}

/** Draws when `draw` changes, when the canvas changes size and when the theme changes. `draw` must be stable. */
export function useCanvas(draw: (surface: Surface) => void): RefObject<HTMLCanvasElement | null> {
  const ref = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = ref.current;
    if (canvas === null) return;
    const redraw = () => {
      const surface = toSurface(canvas);
      if (surface !== undefined) draw(surface);
    };
    redraw();
    const sizes = new ResizeObserver(redraw);
    sizes.observe(canvas);
    const stopWatching = watchTheme(redraw);
    return () => {
      sizes.disconnect();
      stopWatching();
    };
  }, [draw]);
  return ref;
}

function toSurface(canvas: HTMLCanvasElement): Surface | undefined {
  const context = canvas.getContext('2d');
  const { width: widthPx, height: heightPx } = canvas.getBoundingClientRect();
  if (context === null || widthPx === 0 || heightPx === 0) return undefined;
  const scale = window.devicePixelRatio;
  canvas.width = Math.round(widthPx * scale);
  canvas.height = Math.round(heightPx * scale);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return { context, widthPx, heightPx, colour: colourReader(canvas) };
}

/** Tokens are light-dark(…): only the computed value of a real property is resolved. */
function colourReader(canvas: HTMLCanvasElement): (token: string) => string {
  const known = new Map<string, string>();
  return (token) => {
    const cached = known.get(token);
    if (cached !== undefined) return cached;
    canvas.style.color = `var(--${token})`;
    const value = getComputedStyle(canvas).color;
    known.set(token, value);
    return value;
  };
}
