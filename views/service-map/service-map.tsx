'use client';

import { Maximize, Minus, Plus } from 'lucide-react';
import { type KeyboardEvent, type MouseEvent, useMemo, useRef, useState } from 'react';
import type { MapLayout, ServiceMap } from '#analysis/service-map/service-map.ts';
import { IconButton } from '#views/shell/button.tsx';
import { useKeys } from '#views/shell/keys.tsx';
import { useReducedMotion } from '#views/shell/use-reduced-motion.ts';
import { useSize } from '#views/shell/use-size.ts';
import { ControlPlaneCard, DnsCard } from './band-cards.tsx';
import { buildStrands, isLoudEdge } from './build-strands.ts';
import { configLines, lookupLines } from './control-lines.ts';
import type { MapScene } from './draw-map.ts';
import { EdgeLabel, measureLabel } from './edge-label.tsx';
import { MapCanvas } from './map-canvas.tsx';
import type { MapSelection } from './map-selection.ts';
import { NodeCard } from './node-card.tsx';
import { placeLabels } from './place-labels.ts';
import { linksOf, type MapPlaces, placeMap, type Size } from './place-map.ts';
import { distanceTo, type Point } from './polyline.ts';
import { useMapView } from './use-map-view.ts';
import { walkMap } from './walk-map.ts';

/** Above this, words beside edges are more ink than help: only loud, hovered and selected edges keep theirs. */
const MAX_LABELS = 40;
const HIT_PX = 9;
/** The bands go on beyond the world, however far it is moved. */
const BEYOND = 4000;

export interface ServiceMapViewProps {
  readonly map: ServiceMap;
  readonly layout: MapLayout;
  readonly selection: MapSelection | undefined;
  readonly onSelect: (selection: MapSelection | undefined) => void;
  /** Edges to keep in sight, the others fade; all when undefined. */
  readonly kept?: ReadonlySet<string> | undefined;
  /** A metric that colours the edges, 0..1 an edge; routing when undefined. */
  readonly levels?: ReadonlyMap<string, number> | undefined;
  /** False holds the particles still, e.g. while a replay is paused. */
  readonly isMoving?: boolean;
}

/**
 * The service map: nodes are buttons, edges and particles one canvas under them, both moved by one transform.
 * Draws what it is given; a new `map` with the same nodes and edges moves nothing.
 */
export function ServiceMapView(props: ServiceMapViewProps) {
  const measured = useRef<HTMLDivElement>(null);
  const size = useSize(measured);
  return (
    <div ref={measured} className="relative min-h-0 min-w-0 flex-1 overflow-hidden">
      {size.width > 0 && <MapBody {...props} size={size} />}
    </div>
  );
}

function MapBody(props: ServiceMapViewProps & { readonly size: Size }) {
  const { map, selection, onSelect, size, isMoving = true } = props;
  const places = usePlaces(props);
  const view = useMapView(places.world);
  const [hovered, setHovered] = useState<MapSelection>();
  const isStill = useReducedMotion();
  const scene = useScene(props, places, hovered);
  useViewKeys(view);
  const nodes = useMemo(() => inReadingOrder(map, places), [map, places]);
  const labels = useLabels(map, places, scene, selection).filter(
    ({ edge }) => scene.kept === undefined || scene.kept.has(edge.id),
  );
  const isFadedNode = (id: string) => {
    const { kept } = scene;
    if (kept === undefined) return false;
    return !map.edges.some(
      (edge) => kept.has(edge.id) && (edge.client === id || edge.server === id),
    );
  };
  const onWalk = (id: string, event: KeyboardEvent) => {
    const next = walkMap(id, event.key, map.edges, places.nodes);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    view.world.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(next)}"]`)?.focus();
  };
  const onBackground = (event: MouseEvent) => {
    if (view.wasDragged() || (event.target as HTMLElement).closest('button') !== null) return;
    const id = edgeNear(places, view.toWorld(event.clientX, event.clientY));
    onSelect(id === undefined ? undefined : { kind: 'edge', id });
  };
  const onMove = (event: MouseEvent) => {
    if ((event.target as HTMLElement).closest('button') !== null) return;
    const id = edgeNear(places, view.toWorld(event.clientX, event.clientY));
    if (id !== (hovered?.kind === 'edge' ? hovered.id : undefined)) {
      setHovered(id === undefined ? undefined : { kind: 'edge', id });
    }
  };
  const isSelected = (kind: 'node' | 'edge', id: string) =>
    selection?.kind === kind && selection.id === id;
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the ground is dragged and deselects; every action has a button or a key */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Escape deselects */}
      <div
        ref={view.frame}
        className={`ground-dots absolute inset-0 touch-none overflow-hidden ${hovered?.kind === 'edge' ? 'cursor-pointer' : 'cursor-grab active:cursor-grabbing'}`}
        {...view.pan}
        onClick={onBackground}
        onMouseMove={onMove}
      >
        <MapCanvas
          scene={scene}
          transform={view.transform}
          size={size}
          isMoving={isMoving && !isStill}
        />
        <div
          ref={view.world}
          className="absolute top-0 left-0 origin-top-left"
          style={{ width: places.world.width, height: places.world.height }}
        >
          <BandNames places={places} />
          {places.controlBand > 0 && (
            <ControlPlaneCard
              view={map.controlPlane}
              box={places.controlCard}
              isSelected={selection?.kind === 'control-plane'}
              onSelect={() => onSelect({ kind: 'control-plane' })}
            />
          )}
          {labels.map(({ edge, at }) => (
            <EdgeLabel
              key={edge.id}
              edge={edge}
              at={at}
              isSelected={isSelected('edge', edge.id)}
              onSelect={(id) => onSelect({ kind: 'edge', id })}
              onHover={(id) => setHovered(id === undefined ? undefined : { kind: 'edge', id })}
            />
          ))}
          {nodes.map(({ node, box }) => (
            <NodeCard
              key={node.id}
              node={node}
              box={box}
              isSelected={isSelected('node', node.id)}
              isFaded={isFadedNode(node.id)}
              isUsual={isUsual(map, node.id)}
              outgoingPerSecond={outgoingPerSecond(map, node.id)}
              onSelect={(id) => onSelect({ kind: 'node', id })}
              onHover={(id) => setHovered(id === undefined ? undefined : { kind: 'node', id })}
              onWalk={onWalk}
            />
          ))}
          {map.dns !== undefined && (
            <DnsCard
              view={map.dns}
              box={places.namesCard}
              isSelected={selection?.kind === 'dns'}
              onSelect={() => onSelect({ kind: 'dns' })}
            />
          )}
        </div>
      </div>
      <ViewButtons view={view} />
    </>
  );
}

type View = ReturnType<typeof useMapView>;

/** New places only when the set of nodes and edges or the size changes. */
function usePlaces({
  map,
  layout,
  size,
}: ServiceMapViewProps & { readonly size: Size }): MapPlaces {
  const key = linksOf(map)
    .map((link) => link.id)
    .join('\n');
  const hasControl = map.controlPlane.state !== 'none';
  const hasNames = map.dns !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for the edges of `map`
  return useMemo(
    () => placeMap(layout, linksOf(map), size, { control: hasControl, names: hasNames }),
    [layout, key, size, hasControl, hasNames],
  );
}

function useScene(
  { map, kept, levels, selection }: ServiceMapViewProps,
  places: MapPlaces,
  hovered: MapSelection | undefined,
): MapScene {
  const strands = useMemo(() => buildStrands(map, places.routes), [map, places]);
  const control = useMemo(() => configLines(map, places), [map, places]);
  const lookup = useMemo(() => lookupLines(map, places), [map, places]);
  return useMemo(() => {
    const marked = new Set<string>();
    if (selection?.kind === 'edge') marked.add(selection.id);
    if (hovered?.kind === 'edge') marked.add(hovered.id);
    return {
      strands,
      bands: bandsOf(places),
      configLines: control,
      lookupLines: lookup,
      marked,
      kept: hovered?.kind === 'node' && kept === undefined ? edgesOf(map, hovered.id) : kept,
      hasLoud: map.edges.some(isLoudEdge),
      levels,
    };
  }, [strands, places, control, lookup, selection, hovered, kept, levels, map]);
}

function bandsOf({ world, controlBand, namesBand }: MapPlaces): MapScene['bands'] {
  return [
    ...(controlBand > 0 ? [{ top: -BEYOND, bottom: controlBand, edge: controlBand }] : []),
    ...(namesBand > 0
      ? [
          {
            top: world.height - namesBand,
            bottom: world.height + BEYOND,
            edge: world.height - namesBand,
          },
        ]
      : []),
  ];
}

/** undefined when the node has no edge: then nothing fades. */
function edgesOf(map: ServiceMap, id: string): ReadonlySet<string> | undefined {
  const own = map.edges.filter((edge) => edge.client === id || edge.server === id);
  return own.length === 0 ? undefined : new Set(own.map((edge) => edge.id));
}

function useLabels(
  map: ServiceMap,
  places: MapPlaces,
  scene: MapScene,
  selection: MapSelection | undefined,
) {
  return useMemo(() => {
    const breaks = new Map<string, Point>();
    for (const { edgeId, broken } of scene.strands) {
      if (broken !== undefined) breaks.set(edgeId, broken.at);
    }
    const shown = map.edges.filter(
      (edge) =>
        map.edges.length <= MAX_LABELS ||
        isLoudEdge(edge) ||
        scene.marked.has(edge.id) ||
        (selection?.kind === 'node' &&
          (edge.client === selection.id || edge.server === selection.id)),
    );
    const at = placeLabels(
      shown.map((edge) => measureLabel(edge, breaks.get(edge.id))),
      places.routes,
      [...places.nodes.values()],
    );
    return shown.flatMap((edge) => {
      const place = at.get(edge.id);
      return place === undefined ? [] : [{ edge, at: place }];
    });
  }, [map, places, scene.strands, scene.marked, selection]);
}

function inReadingOrder(map: ServiceMap, places: MapPlaces) {
  return map.nodes
    .flatMap((node) => {
      const box = places.nodes.get(node.id);
      return box === undefined ? [] : [{ node, box }];
    })
    .sort((a, b) => a.box.x - b.box.x || a.box.y - b.box.y);
}

function isUsual(map: ServiceMap, id: string): boolean {
  return !map.edges.some((edge) => edge.server === id && isLoudEdge(edge));
}

function outgoingPerSecond(map: ServiceMap, id: string): number {
  return map.edges.reduce((sum, edge) => (edge.client === id ? sum + edge.callsPerSecond : sum), 0);
}

function edgeNear(places: MapPlaces, at: Point): string | undefined {
  let nearest: string | undefined;
  let best = HIT_PX;
  for (const [id, line] of places.routes) {
    const distance = distanceTo(line, at);
    if (distance < best) {
      best = distance;
      nearest = id;
    }
  }
  return nearest;
}

function BandNames({ places }: { readonly places: MapPlaces }) {
  const { world, controlBand, namesBand } = places;
  return (
    <>
      {controlBand > 0 && <span className="absolute top-2.5 left-4 text-dim text-xs">control</span>}
      {namesBand > 0 && (
        <span
          className="absolute left-4 text-dim text-xs"
          style={{ top: world.height - namesBand + 10 }}
        >
          names
        </span>
      )}
    </>
  );
}

function useViewKeys({ refit, zoom }: View): void {
  useKeys(
    'Map',
    useMemo(
      () => [
        { keys: '.', label: 'Fit the map', run: refit },
        { keys: '+', label: 'Zoom in', run: () => zoom(1) },
        { keys: '-', label: 'Zoom out', run: () => zoom(-1) },
      ],
      [refit, zoom],
    ),
  );
}

function ViewButtons({ view }: { readonly view: View }) {
  return (
    <div className="absolute top-3 right-3 flex flex-col rounded-lg border border-edge bg-panel">
      <IconButton name="Zoom in" onClick={() => view.zoom(1)}>
        <Plus size={15} aria-hidden />
      </IconButton>
      <IconButton name="Zoom out" onClick={() => view.zoom(-1)}>
        <Minus size={15} aria-hidden />
      </IconButton>
      <IconButton name="Fit" onClick={view.refit}>
        <Maximize size={14} aria-hidden />
      </IconButton>
    </div>
  );
}
