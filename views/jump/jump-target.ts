import type { UnixNano } from '#telemetry/time.ts';
import { formatDateTime, formatIso } from '#views/format/format-time.ts';
import { parseUtcTime } from '#views/format/parse-time.ts';

export type JumpKind = 'page' | 'service' | 'edge' | 'incident' | 'scenario' | 'trace' | 'time';

/** Somewhere to go. */
export interface JumpTarget {
  readonly id: string;
  readonly kind: JumpKind;
  readonly label: string;
  /** More about it, beside the label; searched too, with less weight. */
  readonly hint: string;
  readonly href: string;
}

const MAX_SHOWN = 40;

/** The targets that have all words of `query`, the nearest first; all of them, in their own order, for no query. */
export function rankTargets(targets: readonly JumpTarget[], query: string): readonly JumpTarget[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return targets
    .flatMap((target, order) => {
      const distance = distanceOf(target, words);
      return distance === undefined ? [] : [{ target, distance, order }];
    })
    .sort((a, b) => a.distance - b.distance || a.order - b.order)
    .slice(0, MAX_SHOWN)
    .map(({ target }) => target);
}

/** 0 when every word begins the label; undefined when one is nowhere. */
function distanceOf(target: JumpTarget, words: readonly string[]): number | undefined {
  const label = target.label.toLowerCase();
  const hint = target.hint.toLowerCase();
  let sum = 0;
  for (const word of words) {
    const distance = wordDistance(label, hint, word);
    if (distance === undefined) return undefined;
    sum += distance;
  }
  return sum;
}

function wordDistance(label: string, hint: string, word: string): number | undefined {
  if (label.startsWith(word)) return 0;
  if (startsSomeWord(label, word)) return 1;
  if (label.includes(word)) return 2;
  if (startsSomeWord(hint, word)) return 3;
  return hint.includes(word) ? 4 : undefined;
}

function startsSomeWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (at > 0 && /[^\p{L}\p{N}]/u.test(text.charAt(at - 1))) return true;
  }
  return false;
}

/** What the text itself names: a trace id, a `traceparent` header, a time of day or an instant. */
export function namedTargets(query: string, now: UnixNano): readonly JumpTarget[] {
  const text = query.trim();
  const traceId = traceIdIn(text);
  if (traceId !== undefined) {
    return [
      {
        id: `trace ${traceId}`,
        kind: 'trace',
        label: `Trace ${traceId}`,
        hint: 'open its waterfall',
        href: `/traces/${traceId}`,
      },
    ];
  }
  const at = parseUtcTime(text, now);
  if (at === undefined || at > now) return [];
  const words = formatDateTime(at);
  const iso = formatIso(at);
  return [
    {
      id: `map ${iso}`,
      kind: 'time',
      label: `Map at ${words}`,
      hint: 'the mesh as it was',
      href: `/map?at=${iso}`,
    },
    {
      id: `control ${iso}`,
      kind: 'time',
      label: `Control plane at ${words}`,
      hint: 'who held what',
      href: `/control-plane?at=${iso}`,
    },
  ];
}

/** W3C Trace Context, §3.2: version-traceid-parentid-flags. */
function traceIdIn(text: string): string | undefined {
  const match = /^(?:[0-9a-f]{2}-)?([0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?$/i.exec(text);
  return match?.[1]?.toLowerCase();
}
