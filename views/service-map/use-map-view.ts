import {
  type PointerEvent,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
} from 'react';
import type { MapTransform } from './draw-map.ts';
import type { Size } from './place-map.ts';
import type { Point } from './polyline.ts';

const ZOOM = { min: 0.15, max: 3, step: 1.25 };
const DRAG_PX = 4;

export interface MapView {
  /** The element that the map fills. */
  readonly frame: RefObject<HTMLDivElement | null>;
  /** The element that holds the nodes; it moves with the canvas. */
  readonly world: RefObject<HTMLDivElement | null>;
  /** Read by the canvas at each frame: moving the map renders nothing. */
  readonly transform: RefObject<MapTransform>;
  readonly refit: () => void;
  readonly zoom: (direction: 1 | -1) => void;
  /** Screen to world. */
  readonly toWorld: (clientX: number, clientY: number) => Point;
  readonly pan: {
    readonly onPointerDown: (event: PointerEvent) => void;
    readonly onPointerMove: (event: PointerEvent) => void;
    readonly onPointerUp: (event: PointerEvent) => void;
  };
  /** True right after a drag, so that its end is not taken for a click. */
  readonly wasDragged: () => boolean;
}

/** Zoom and pan of one frame. It fits the world until the reader moves it, and again after `refit`. */
export function useMapView(world: Size): MapView {
  const frameRef = useRef<HTMLDivElement>(null);
  const worldRef = useRef<HTMLDivElement>(null);
  const transform = useRef<MapTransform>({ k: 1, x: 0, y: 0 });
  const isOwn = useRef(false);
  const drag = useRef<{ x: number; y: number; from: MapTransform; moved: boolean }>(undefined);
  const moved = useRef(false);
  const apply = useCallback((next: MapTransform) => {
    transform.current = next;
    const element = worldRef.current;
    if (element !== null) {
      element.style.transform = `translate(${next.x}px, ${next.y}px) scale(${next.k})`;
      element.style.setProperty('--map-scale', String(next.k));
    }
  }, []);
  const refit = useCallback(() => {
    const frame = frameRef.current;
    if (frame === null) return;
    isOwn.current = false;
    apply(fitting(world, { width: frame.clientWidth, height: frame.clientHeight }));
  }, [apply, world]);
  const zoomAt = useCallback(
    (x: number, y: number, factor: number) => {
      const { k, x: tx, y: ty } = transform.current;
      const next = Math.max(ZOOM.min, Math.min(ZOOM.max, k * factor));
      isOwn.current = true;
      apply({ k: next, x: x - ((x - tx) / k) * next, y: y - ((y - ty) / k) * next });
    },
    [apply],
  );
  useLayoutEffect(() => {
    if (!isOwn.current) refit();
  }, [refit]);
  useEffect(() => listenToWheel(frameRef.current, zoomAt), [zoomAt]);
  const pan = useMemo(
    () => ({
      onPointerDown: (event: PointerEvent) => {
        if (event.button !== 0) return;
        moved.current = false;
        drag.current = {
          x: event.clientX,
          y: event.clientY,
          from: transform.current,
          moved: false,
        };
      },
      onPointerMove: (event: PointerEvent) => {
        const start = drag.current;
        if (start === undefined) return;
        const dx = event.clientX - start.x;
        const dy = event.clientY - start.y;
        if (!start.moved && Math.hypot(dx, dy) < DRAG_PX) return;
        if (!start.moved) event.currentTarget.setPointerCapture(event.pointerId);
        start.moved = true;
        moved.current = true;
        isOwn.current = true;
        apply({ k: start.from.k, x: start.from.x + dx, y: start.from.y + dy });
      },
      onPointerUp: () => {
        drag.current = undefined;
      },
    }),
    [apply],
  );
  const zoom = useCallback(
    (direction: 1 | -1) => {
      const frame = frameRef.current;
      if (frame === null) return;
      zoomAt(frame.clientWidth / 2, frame.clientHeight / 2, ZOOM.step ** direction);
    },
    [zoomAt],
  );
  const toWorld = useCallback((clientX: number, clientY: number) => {
    const rect = frameRef.current?.getBoundingClientRect();
    const { k, x, y } = transform.current;
    return { x: (clientX - (rect?.left ?? 0) - x) / k, y: (clientY - (rect?.top ?? 0) - y) / k };
  }, []);
  const wasDragged = useCallback(() => moved.current, []);
  return { frame: frameRef, world: worldRef, transform, refit, zoom, toWorld, pan, wasDragged };
}

/** Centred, never larger than life. */
function fitting(world: Size, frame: Size): MapTransform {
  const k = Math.min(1, frame.width / world.width, frame.height / world.height) || 1;
  return { k, x: (frame.width - world.width * k) / 2, y: (frame.height - world.height * k) / 2 };
}

/** React's own wheel listener is passive and could not hold the page still. */
function listenToWheel(
  frame: HTMLElement | null,
  zoomAt: (x: number, y: number, factor: number) => void,
): (() => void) | undefined {
  if (frame === null) return undefined;
  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    const rect = frame.getBoundingClientRect();
    const speed = event.ctrlKey ? 0.01 : 0.0015;
    zoomAt(event.clientX - rect.left, event.clientY - rect.top, Math.exp(-event.deltaY * speed));
  };
  frame.addEventListener('wheel', onWheel, { passive: false });
  return () => frame.removeEventListener('wheel', onWheel);
}
