'use client';

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { frameStart } from '#analysis/replay/map-at-frame.ts';
import type { ReplayTimeline } from '#analysis/replay/timeline.ts';
import {
  clampFrame,
  eventFrame,
  framesDue,
  type Speed,
  speedBeside,
} from '#views/replay/playback.ts';
import { useKeys } from '#views/shell/keys.tsx';
import { useReducedMotion } from '#views/shell/use-reduced-motion.ts';
import { useUrlState } from '#views/shell/use-url-state.ts';

const LONG_STEP = 10;
/** For readers who asked for less motion the picture changes twice a second; no second of the replay is left out. */
const CALM_STEP_MS = 500;

/** The playhead: one integer. What moves it says whether the address should follow. */
export function useReplay(timeline: ReplayTimeline, startFrame: number, startSpeed: Speed) {
  const [frame, showFrame] = useState(startFrame);
  const [isPlaying, setPlaying] = useState(false);
  const [speed, setSpeed] = useState(startSpeed);
  const [, changeUrl] = useUrlState();
  const { frames } = timeline;
  /** Ahead of `frame` by at most one drawing: ticks must not wait for React. */
  const head = useRef(startFrame);
  const put = useCallback(
    (to: number): number => {
      head.current = clampFrame(to, frames);
      showFrame(head.current);
      return head.current;
    },
    [frames],
  );
  const writeAddress = useCallback(
    (at: number) => changeUrl({ at: frameStart(timeline, at).toString() }),
    [changeUrl, timeline],
  );
  const onTick = useCallback(
    (due: number): void => {
      if (due === 0) return;
      if (put(head.current + due) < frames - 1) return;
      setPlaying(false);
      writeAddress(head.current);
    },
    [frames, put, writeAddress],
  );
  useTicks(isPlaying, speed, useReducedMotion() ? CALM_STEP_MS : 0, onTick);
  /** While scrubbing the address stands still: it is written on release. */
  const scrub = useCallback(
    (to: number) => {
      setPlaying(false);
      put(to);
    },
    [put],
  );
  const seek = useCallback((to: number) => writeAddress(put(to)), [put, writeAddress]);
  const release = useCallback(() => writeAddress(head.current), [writeAddress]);
  const toggle = useCallback(() => {
    if (isPlaying) writeAddress(head.current);
    else if (head.current >= frames - 1) put(0);
    setPlaying(!isPlaying);
  }, [frames, isPlaying, put, writeAddress]);
  const changeSpeed = useCallback(
    (next: Speed) => {
      setSpeed(next);
      changeUrl({ speed: String(next) });
    },
    [changeUrl],
  );
  const step = useCallback((by: number) => seek(head.current + by), [seek]);
  const toEvent = useCallback(
    (by: 1 | -1) => {
      const to = eventFrame(timeline.events, head.current, by);
      if (to !== undefined) seek(to);
    },
    [timeline.events, seek],
  );
  useReplayKeys({ toggle, step, seek, frames, toEvent, speed, changeSpeed });
  return { frame, isPlaying, speed, scrub, release, seek, step, toEvent, toggle, changeSpeed };
}

/** Calls back with the frames that are due, while playing: on each drawing of the browser, `stepMs` apart at least. */
function useTicks(
  isPlaying: boolean,
  speed: Speed,
  stepMs: number,
  onTick: (frames: number) => void,
): void {
  useEffect(() => {
    if (!isPlaying) return;
    let carryMs = 0;
    let before = performance.now();
    let request = 0;
    const tick = (now: number): void => {
      if (now - before < stepMs) {
        request = requestAnimationFrame(tick);
        return;
      }
      const due = framesDue(carryMs, Math.max(0, now - before), speed);
      carryMs = due.carryMs;
      before = now;
      request = requestAnimationFrame(tick);
      onTick(due.frames);
    };
    request = requestAnimationFrame(tick);
    return () => cancelAnimationFrame(request);
  }, [isPlaying, speed, stepMs, onTick]);
}

function useReplayKeys({
  toggle,
  step,
  seek,
  frames,
  toEvent,
  speed,
  changeSpeed,
}: {
  readonly toggle: () => void;
  readonly step: (by: number) => void;
  readonly seek: (frame: number) => void;
  readonly frames: number;
  readonly toEvent: (by: 1 | -1) => void;
  readonly speed: Speed;
  readonly changeSpeed: (speed: Speed) => void;
}): void {
  const bindings = useMemo(
    () => [
      { keys: ' ', label: 'Play or pause', run: toggle },
      { keys: 'ArrowRight', label: '1 s on', run: () => step(1) },
      { keys: 'ArrowLeft', label: '1 s back', run: () => step(-1) },
      { keys: 'shift+ArrowRight', label: '10 s on', run: () => step(LONG_STEP) },
      { keys: 'shift+ArrowLeft', label: '10 s back', run: () => step(-LONG_STEP) },
      { keys: 'Home', label: 'To the beginning', run: () => seek(0) },
      { keys: 'End', label: 'To the end', run: () => seek(frames - 1) },
      { keys: ']', label: 'Next event', run: () => toEvent(1) },
      { keys: 'n', label: 'Next event', run: () => toEvent(1) },
      { keys: '[', label: 'Previous event', run: () => toEvent(-1) },
      { keys: 'p', label: 'Previous event', run: () => toEvent(-1) },
      { keys: '<', label: 'Slower', run: () => changeSpeed(speedBeside(speed, -1)) },
      { keys: '>', label: 'Faster', run: () => changeSpeed(speedBeside(speed, 1)) },
    ],
    [toggle, step, seek, frames, toEvent, speed, changeSpeed],
  );
  useKeys('Replay', bindings);
}
