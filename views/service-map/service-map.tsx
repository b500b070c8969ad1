'use client';

import { Maximize, Minus, Plus } from 'lucide-react';
import { type KeyboardEvent, type MouseEvent, useMemo, useRef, useState } from 'react';
import type { DnsView } from '#analysis/control-plane/xds-client.ts';
import type { ServiceMap } from '#analysis/service-map/service-map.ts';
import { IconButton } from '#views/shell/button.tsx';
import { useKeys } from '#views/shell/keys.tsx';
import { useReducedMotion } from '#views/shell/use-reduced-motion.ts';
import { useSize } from '#views/shell/use-size.ts';
import { ControlPlaneCard, DnsCard } from './band-cards.tsx';
import { isLoudEdge } from './build-strands.ts';
import type { MapScene } from './draw-map.ts';
import { EdgeLabel } from './edge-label.tsx';
import { GroupCard } from './group-card.tsx';
import { MapCanvas } from './map-canvas.tsx';
import type { MapSelection } from './map-selection.ts';
import { NodeCard } from './node-card.tsx';
import type { MapPlaces, Size } from './place-map.ts';
import { distanceTo, type Point } from './polyline.ts';
import {
  type PlacedLabel,
  type ServiceMapViewProps,
  useLabels,
  usePlaces,
  useScene,
} from './use-map-scene.ts';
import { useMapView } from './use-map-view.ts';
import { walkMap } from './walk-map.ts';

const HIT_PX = 9;

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
  const dns = useLastSeen(map.dns);
  const places = usePlaces(props, dns !== undefined);
  const view = useMapView(places.world);
  const [hovered, setHovered] = useState<MapSelection>();
  const isStill = useReducedMotion();
  const scene = useScene(props, places, hovered);
  const labels = useLabels(map, places, scene, selection);
  useViewKeys(view);
  const edgeAt = (event: MouseEvent): string | undefined =>
    edgeNear(places, view.toWorld(event.clientX, event.clientY));
  const onBackground = (event: MouseEvent) => {
    if (view.wasDragged() || isOnButton(event)) return;
    const id = edgeAt(event);
    onSelect(id === undefined ? undefined : { kind: 'edge', id });
  };
  const onMove = (event: MouseEvent) => {
    if (isOnButton(event)) return;
    const id = edgeAt(event);
    if (id !== (hovered?.kind === 'edge' ? hovered.id : undefined)) {
      setHovered(id === undefined ? undefined : { kind: 'edge', id });
    }
  };
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
          <MapWorld
            {...props}
            places={places}
            scene={scene}
            labels={labels}
            dns={dns}
            onHover={setHovered}
          />
        </div>
      </div>
      <ViewButtons view={view} />
    </>
  );
}

/** Everything on the map that is not a line: bands, words and nodes, in reading order. */
function MapWorld({
  map,
  selection,
  onSelect,
  groups,
  places,
  scene,
  labels,
  dns,
  onHover,
}: ServiceMapViewProps & {
  readonly places: MapPlaces;
  readonly scene: MapScene;
  readonly labels: readonly PlacedLabel[];
  readonly dns: DnsView | undefined;
  readonly onHover: (hovered: MapSelection | undefined) => void;
}) {
  const nodes = useMemo(() => inReadingOrder(map, places), [map, places]);
  const isSelected = (kind: 'node' | 'edge', id: string) =>
    selection?.kind === kind && selection.id === id;
  return (
    <>
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
          onHover={(id) => onHover(id === undefined ? undefined : { kind: 'edge', id })}
        />
      ))}
      {nodes.map(({ node, box }) => {
        const group = groups?.groups.get(node.id);
        const shared = {
          node,
          box,
          isSelected: isSelected('node', node.id),
          isFaded: isFaded(map, scene, node.id),
          isUsual: isUsual(map, node.id),
          onSelect: (id: string) => onSelect({ kind: 'node', id }),
          onHover: (id: string | undefined) =>
            onHover(id === undefined ? undefined : { kind: 'node', id }),
          onWalk: (id: string, event: KeyboardEvent) => focusNext(id, event, map, places),
        };
        return groups === undefined || group === undefined ? (
          <NodeCard key={node.id} {...shared} outgoingPerSecond={outgoingPerSecond(map, node.id)} />
        ) : (
          <GroupCard
            key={node.id}
            {...shared}
            group={group}
            rows={groups.rows.get(node.id) ?? []}
            isOpen={groups.open.has(node.id)}
            selectedMember={selection?.kind === 'node' ? selection.id : undefined}
            onToggle={groups.toggle}
          />
        );
      })}
      {dns !== undefined && (
        <DnsCard
          view={dns}
          isSilent={map.dns === undefined}
          box={places.namesCard}
          isSelected={selection?.kind === 'dns'}
          onSelect={() => onSelect({ kind: 'dns' })}
        />
      )}
    </>
  );
}

/** The last value that was there: what falls silent keeps its place, and nothing jumps. */
function useLastSeen<T>(value: T | undefined): T | undefined {
  const [last, setLast] = useState(value);
  if (value !== undefined && value !== last) setLast(value);
  return value ?? last;
}

function isOnButton(event: MouseEvent): boolean {
  return event.target instanceof Element && event.target.closest('button') !== null;
}

function isFaded(map: ServiceMap, { kept }: MapScene, id: string): boolean {
  if (kept === undefined) return false;
  return !map.edges.some((edge) => kept.has(edge.id) && (edge.client === id || edge.server === id));
}

function focusNext(id: string, event: KeyboardEvent, map: ServiceMap, places: MapPlaces): void {
  const next = walkMap(id, event.key, map.edges, places.nodes);
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  event.currentTarget
    .closest('.origin-top-left')
    ?.querySelector<HTMLElement>(`[data-node="${CSS.escape(next)}"]`)
    ?.focus();
}

type View = ReturnType<typeof useMapView>;

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
