import { isOwnService } from '#analysis/service-map/own-service.ts';
import { readServiceNames } from '#store/services/read-services.ts';
import {
  addNs,
  elapsedNs,
  NS_PER_SECOND,
  type TimeWindow,
  type UnixNano,
} from '#telemetry/time.ts';
import type { LiveSnapshot } from '#views/live/live-snapshot.ts';
import type { MapTime } from '#views/service-map/use-map-range.ts';
import { answerInPart, database } from '../_server/database.ts';
import { loadCallHistory } from '../_server/load-call-history.ts';
import { loadHealth } from '../_server/load-health.ts';
import { loadIncidents } from '../_server/load-incidents.ts';
import { liveWindow, loadServiceMap } from '../_server/load-service-map.ts';
import { loadShifts } from '../_server/load-shifts.ts';
import { lastSeconds, now } from '../_server/now.ts';

const STRIP_SECONDS = 180;
const MOMENT_AFTER_SECONDS = 60;
/** The store holds seconds: a strip of a longer window would be thousands of points. */
const MAX_STRIP_SECONDS = 3600;

/** False until anything but Detour itself has sent a span. */
export async function hasForeignServices(): Promise<boolean> {
  const { found } = await answerInPart(() => readServiceNames(database()));
  return found.some((name) => !isOwnService(name));
}

/** What the live map shows before the stream speaks. */
export async function loadLiveSnapshot(): Promise<LiveSnapshot> {
  const { found } = await answerInPart(loadHealth);
  const { latestSpanUnixNano } = found;
  return loadMapSnapshot({ kind: 'range', window: liveWindow(latestSpanUnixNano) });
}

/** The map of a window that stands still, with the strip around it; of the databases that answer. */
export async function loadMapSnapshot(time: MapTime): Promise<LiveSnapshot> {
  const { found, missing } = await answerInPart(() => loadWhatAnswers(time));
  return missing.length === 0 ? found : { ...found, missing };
}

async function loadWhatAnswers(time: MapTime): Promise<LiveSnapshot> {
  const { window } = time;
  const around = time.kind === 'moment' ? momentStrip(window.endUnixNano) : stripWindow(window);
  const [map, history, incidents, shifts, health] = await Promise.all([
    loadServiceMap(window),
    loadCallHistory(around),
    loadIncidents(),
    loadShifts(around),
    loadHealth(),
  ]);
  return {
    map,
    history,
    openIncidents: incidents.filter((incident) => wasOpen(incident, window)),
    shifts,
    freshness: health,
    takenUnixNano: window.endUnixNano,
  };
}

function wasOpen(
  incident: { readonly startUnixNano: UnixNano; readonly endUnixNano?: UnixNano },
  window: TimeWindow,
): boolean {
  return (
    incident.startUnixNano < window.endUnixNano &&
    (incident.endUnixNano === undefined || incident.endUnixNano >= window.startUnixNano)
  );
}

/** What came before a moment and what followed, as far as it is known. */
function momentStrip(at: UnixNano): TimeWindow {
  const after = addNs(at, MOMENT_AFTER_SECONDS * NS_PER_SECOND);
  const clock = now();
  return lastSeconds(STRIP_SECONDS, after < clock ? after : clock);
}

/** At least three minutes up to the end of the window. */
function stripWindow(window: TimeWindow): TimeWindow {
  const seconds = elapsedNs(window.startUnixNano, window.endUnixNano) / NS_PER_SECOND;
  const shown = Math.min(MAX_STRIP_SECONDS, Math.max(STRIP_SECONDS, Math.ceil(seconds * 1.2)));
  return lastSeconds(shown, window.endUnixNano);
}
