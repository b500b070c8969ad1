import type { TimeWindow } from '#telemetry/time.ts';
import { formatDateTime, formatDay, formatWindow } from '#views/format/format-time.ts';
import { COLOURS, type ColourBy } from './edge-levels.ts';
import type { Find } from './find-edges.ts';
import type { MapTime } from './use-map-range.ts';

/** The time of the map with its day: a picture is looked at on another one. */
export function wordsOfTime(time: MapTime | undefined, window: TimeWindow): string {
  if (time?.kind === 'moment') return formatDateTime(time.at);
  const words = formatWindow(window);
  const day = formatDay(window.endUnixNano);
  return words.startsWith(day) ? words : `${day} ${words}`;
}

/** Where the figures behind the map are had. */
export function jsonOf({ startUnixNano, endUnixNano }: TimeWindow) {
  return {
    href: `/api/v1/service-map?from=${startUnixNano}&to=${endUnixNano}`,
    file: 'service-map.json',
  };
}

/** What of the map the picture leaves out, or colours in another way. */
export function noteOf({
  find,
  found,
  colourBy,
}: {
  readonly find: string;
  readonly found: Find;
  readonly colourBy: ColourBy;
}): string {
  const colour = COLOURS.find(({ value }) => value === colourBy)?.label.toLowerCase();
  return [
    found.kind === 'some' ? `only ${find}` : '',
    colourBy === 'routing' ? '' : `coloured by ${colour}`,
  ]
    .filter((part) => part !== '')
    .join(', ');
}
