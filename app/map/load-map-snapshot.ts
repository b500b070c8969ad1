import { isOwnService } from '#analysis/service-map/build-service-map.ts';
import { readServiceNames } from '#store/services/read-services.ts';
import { elapsedNs, NS_PER_SECOND, type TimeWindow, type UnixNano } from '#telemetry/time.ts';
import type { LiveSnapshot } from '#views/live/live-snapshot.ts';
import { database } from '../_server/database.ts';
import { loadCallHistory } from '../_server/load-call-history.ts';
import { loadHealth } from '../_server/load-health.ts';
import { loadIncidents } from '../_server/load-incidents.ts';
import { liveWindow, loadServiceMap } from '../_server/load-service-map.ts';
import { loadShifts } from '../_server/load-shifts.ts';
import { lastSeconds } from '../_server/now.ts';

const STRIP_SECONDS = 180;
/** The store holds seconds: a strip of a longer window would be thousands of points. */
const MAX_STRIP_SECONDS = 3600;

/** False until anything but Detour itself has sent a span. */
export async function hasForeignServices(): Promise<boolean> {
  return (await readServiceNames(database())).some((name) => !isOwnService(name));
}

/** What the live map shows before the stream speaks. */
export async function loadLiveSnapshot(): Promise<LiveSnapshot> {
  const { latestSpanUnixNano } = await loadHealth();
  return loadMapSnapshot(liveWindow(latestSpanUnixNano));
}

/** The map of a window that stands still, with the strip around it. */
export async function loadMapSnapshot(window: TimeWindow): Promise<LiveSnapshot> {
  const around = stripWindow(window);
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

/** At least three minutes up to the end of the window. */
function stripWindow(window: TimeWindow): TimeWindow {
  const seconds = elapsedNs(window.startUnixNano, window.endUnixNano) / NS_PER_SECOND;
  const shown = Math.min(MAX_STRIP_SECONDS, Math.max(STRIP_SECONDS, Math.ceil(seconds * 1.2)));
  return lastSeconds(shown, window.endUnixNano);
}
