'use client';

import { CalendarClock, ChevronDown } from 'lucide-react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { addNs, NS_PER_SECOND, type TimeWindow, type UnixNano } from '#telemetry/time.ts';
import { formatIso, nowUnixNano } from '#views/format/format-time.ts';
import { parseUtcTime } from '#views/format/parse-time.ts';
import { Button } from '#views/shell/button.tsx';
import { Popover } from '#views/shell/popover.tsx';
import { UtcInput } from './utc-input.tsx';

const AGO = [
  { label: '1 min', seconds: 60 },
  { label: '5 min', seconds: 300 },
  { label: '15 min', seconds: 900 },
  { label: '1 h', seconds: 3600 },
  { label: '24 h', seconds: 86_400 },
] as const;

interface TimeMenuProps {
  /** What is on the screen. */
  readonly window: TimeWindow;
  /** How that is written on the button, where it is not written elsewhere. */
  readonly children?: ReactNode;
  /** Present where the screen can show one moment. */
  readonly onMoment?: (at: UnixNano) => void;
  /** Present where the screen can add up a range. */
  readonly onRange?: (window: TimeWindow) => void;
}

/** Another time for this screen: a moment, a range, or so long ago. */
export function TimeMenu({ window, children, onMoment, onRange }: TimeMenuProps) {
  return (
    <Popover
      name="Another time"
      button={
        <>
          <CalendarClock size={14} className="text-muted" aria-hidden />
          {children !== undefined && (
            <span className="num hidden whitespace-nowrap text-xs min-[1280px]:inline">
              {children}
            </span>
          )}
          <ChevronDown size={13} className="text-muted" aria-hidden />
        </>
      }
      buttonClass="inline-flex h-8 items-center gap-2 rounded-lg border border-edge px-2.5 transition-colors duration-150 hover:border-dim"
      className="w-[300px] p-3"
    >
      {(close) => (
        <div className="flex flex-col gap-3">
          {onMoment !== undefined && (
            <MomentForm
              window={window}
              onMoment={(at) => {
                close();
                onMoment(at);
              }}
            />
          )}
          {onRange !== undefined && (
            <RangeForm
              window={window}
              onRange={(range) => {
                close();
                onRange(range);
              }}
            />
          )}
          <p className="text-muted text-xs">All times are UTC.</p>
        </div>
      )}
    </Popover>
  );
}

function MomentForm({
  window,
  onMoment,
}: {
  readonly window: TimeWindow;
  readonly onMoment: (at: UnixNano) => void;
}) {
  const [text, setText] = useState(toField(window.endUnixNano));
  const [fault, setFault] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const now = nowUnixNano();
    const at = parseUtcTime(text, now);
    if (at === undefined) setFault('Give a date and a time');
    else if (at > now) setFault('That is still to come');
    else onMoment(at);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <h2 className="font-semibold text-sm">As it was at a moment</h2>
      <UtcInput label="at" value={text} onChange={setText} />
      <Fault>{fault}</Fault>
      <span className="flex flex-wrap items-center gap-1">
        {AGO.slice(0, 4).map(({ label, seconds }) => (
          <Button
            key={label}
            size="small"
            look="ghost"
            onClick={() => onMoment(addNs(nowUnixNano(), -seconds * NS_PER_SECOND))}
          >
            {label} ago
          </Button>
        ))}
      </span>
      <Button type="submit" size="small">
        Show this moment
      </Button>
    </form>
  );
}

function RangeForm({
  window,
  onRange,
}: {
  readonly window: TimeWindow;
  readonly onRange: (window: TimeWindow) => void;
}) {
  const [from, setFrom] = useState(toField(window.startUnixNano));
  const [to, setTo] = useState(toField(window.endUnixNano));
  const [fault, setFault] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const now = nowUnixNano();
    const start = parseUtcTime(from, now);
    const end = parseUtcTime(to, now);
    if (start === undefined || end === undefined) setFault('Give a date and a time for both');
    else if (start >= end) setFault('“From” must be before “to”');
    else onRange({ startUnixNano: start, endUnixNano: end });
  };
  return (
    <form
      onSubmit={submit}
      className="flex flex-col gap-2 border-line border-t pt-3 first:border-t-0 first:pt-0"
    >
      <h2 className="font-semibold text-sm">A range, added up</h2>
      <UtcInput label="from" value={from} onChange={setFrom} />
      <UtcInput label="to" value={to} onChange={setTo} />
      <Fault>{fault}</Fault>
      <span className="flex flex-wrap items-center gap-1">
        {AGO.map(({ label, seconds }) => (
          <Button
            key={label}
            size="small"
            look="ghost"
            onClick={() => {
              const now = nowUnixNano();
              onRange({ startUnixNano: addNs(now, -seconds * NS_PER_SECOND), endUnixNano: now });
            }}
          >
            last {label}
          </Button>
        ))}
      </span>
      <Button type="submit" size="small">
        Show this range
      </Button>
    </form>
  );
}

function Fault({ children }: { readonly children: string | undefined }) {
  return (
    <span role="alert" className="text-crit-text text-xs empty:hidden">
      {children}
    </span>
  );
}

/** As `datetime-local` takes it. */
function toField(instant: UnixNano): string {
  return formatIso(instant).slice(0, 19);
}
