'use client';

import { Pause, Play, Radio, SkipBack, SkipForward } from 'lucide-react';
import type { UnixNano } from '#telemetry/time.ts';
import { formatClock, formatDay, formatOffset } from '#views/format/format-time.ts';
import { SPEEDS, type Speed, toSpeed } from '#views/replay/playback.ts';
import { Button, IconButton } from '#views/shell/button.tsx';
import { Kbd } from '#views/shell/kbd.tsx';
import { Segmented } from '#views/shell/segmented.tsx';

const OPTIONS = SPEEDS.map((speed) => ({ value: String(speed), label: `${speed}×` }));

/** Play, pause, speed, events, and the clock of the moment shown. */
export function Transport({
  at,
  offsetNs,
  isPlaying,
  speed,
  onToggle,
  onEvent,
  onSpeed,
  onNewest,
}: {
  readonly at: UnixNano;
  /** From the start of the incident. */
  readonly offsetNs: number;
  readonly isPlaying: boolean;
  readonly speed: Speed;
  readonly onToggle: () => void;
  readonly onEvent: (by: 1 | -1) => void;
  readonly onSpeed: (speed: Speed) => void;
  /** For an incident that goes on: loads what came since. */
  readonly onNewest: (() => void) | undefined;
}) {
  return (
    <div className="flex h-[46px] shrink-0 items-center gap-2 border-line border-t bg-panel px-4">
      <IconButton name="Previous event" onClick={() => onEvent(-1)}>
        <SkipBack size={16} aria-hidden />
      </IconButton>
      <button
        type="button"
        onClick={onToggle}
        aria-label={isPlaying ? 'Pause' : 'Play'}
        className="grid size-8 shrink-0 place-items-center rounded-full bg-inverse text-inverse-fg hover:opacity-90"
      >
        {isPlaying ? (
          <Pause size={15} fill="currentColor" aria-hidden />
        ) : (
          <Play size={15} fill="currentColor" className="ml-0.5" aria-hidden />
        )}
      </button>
      <IconButton name="Next event" onClick={() => onEvent(1)}>
        <SkipForward size={16} aria-hidden />
      </IconButton>
      <Segmented
        name="Speed"
        value={String(speed)}
        options={OPTIONS}
        onChange={(value) => onSpeed(toSpeed(value) ?? speed)}
      />
      <span className="num ml-2 font-medium text-[17px] leading-6" data-testid="replay-clock">
        {formatClock(at)}
      </span>
      <span className="num text-muted text-sm">{formatOffset(offsetNs)}</span>
      <span className="num text-muted text-sm max-[1100px]:hidden">{formatDay(at)} UTC</span>
      <span className="ml-auto flex items-center gap-1.5 whitespace-nowrap text-muted text-xs max-[1240px]:hidden">
        <Kbd>space</Kbd> {isPlaying ? 'pause' : 'play'} <Kbd>←</Kbd>
        <Kbd>→</Kbd> 1 s <Kbd>[</Kbd>
        <Kbd>]</Kbd> event <Kbd>&lt;</Kbd>
        <Kbd>&gt;</Kbd> speed
      </span>
      {onNewest !== undefined && (
        <Button size="small" onClick={onNewest} className="max-[1240px]:ml-auto">
          <Radio size={13} aria-hidden /> Newest
        </Button>
      )}
    </div>
  );
}
