'use client';

import { CircleAlert, CircleCheck, History, ListFilter, Waypoints, X } from 'lucide-react';
import Link from 'next/link';
import { ATTR_GRPC_TARGET, ATTR_ROUTING_MODE } from '#telemetry/attributes.ts';
import { addNs, NS_PER_SECOND, unixNano } from '#telemetry/time.ts';
import { formatClock, formatClockMs, formatDuration } from '#views/format/format-time.ts';
import { replayHref } from '#views/incidents/incident-facts.ts';
import { ButtonLink, IconButton } from '#views/shell/button.tsx';
import { CopyButton } from '#views/shell/copy-button.tsx';
import { ScrollArea } from '#views/shell/scroll-area.tsx';
import type { HopFolds } from '#views/trace/fold-hops.ts';
import { rowLabel, whoAt } from '#views/trace/row-label.ts';
import type { SpanDetails } from '#views/trace/span-details.ts';
import { FieldList, Fields, Section } from '#views/trace/span-fields.tsx';
import {
  hasFlag,
  isFailed,
  kindAt,
  ROW_MISSING,
  spanIdAt,
  type TraceColumns,
  textAt,
} from '#views/trace/trace-columns.ts';
import { ModeBadge } from '#views/trace/waterfall-row.tsx';

/** What is known of the details of a span: they may still be on their way. */
export type LoadedDetails =
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'loaded'; readonly details: SpanDetails };

interface DrawerProps {
  readonly columns: TraceColumns;
  readonly folds: HopFolds;
  readonly row: number;
  readonly loaded: LoadedDetails;
  /** Of the span that says how the hop was routed; the row's own for every other row. */
  readonly routing: LoadedDetails;
  /** The incident during which the trace ran. */
  readonly incidentId?: string | undefined;
  readonly onClose: () => void;
}

/** Everything about the selected span. */
export function SpanDrawer(props: DrawerProps) {
  const { columns, folds, row, loaded } = props;
  const label = rowLabel(columns, folds, row);
  const failed = isFailed(columns, row);
  const Icon = failed ? CircleAlert : CircleCheck;
  return (
    <aside
      aria-label="Selected span"
      className="flex w-[336px] shrink-0 flex-col border-line border-l bg-panel max-[1100px]:w-[288px]"
    >
      <div className="flex items-start gap-2.5 border-line border-b p-3.5">
        <span
          className={`grid size-8 shrink-0 place-items-center rounded-lg border ${failed ? 'border-crit-edge bg-crit-fill text-crit' : 'border-edge bg-raise text-muted'}`}
        >
          <Icon size={16} role="img" aria-label={failed ? 'failed' : 'not failed'} />
        </span>
        <div className="min-w-0 flex-1">
          <h2 className="break-words font-semibold text-sm">
            {label.strong} <span className="font-normal text-muted">{label.quiet}</span>
          </h2>
          <p className="text-muted text-xs">
            {whoAt(columns, row)} · {kindAt(columns, row)} · at{' '}
            <span className="num text-fg">+{formatDuration(columns.startNs[row] ?? 0)}</span> for{' '}
            <span className="num text-fg">{formatDuration(columns.lengthNs[row] ?? 0)}</span>
          </p>
        </div>
        <IconButton name="Close" onClick={props.onClose} className="-mt-1 -mr-1.5">
          <X size={16} aria-hidden />
        </IconButton>
      </div>
      <ScrollArea name="Details" className="relative">
        {hasFlag(columns, row, ROW_MISSING) ? (
          <p className="p-3.5 text-muted">
            This span is named as a parent and has not arrived. It may still be on its way, or its
            process sends no telemetry.
          </p>
        ) : (
          <Details {...props} loaded={loaded} />
        )}
      </ScrollArea>
      <Actions {...props} />
    </aside>
  );
}

function Details(props: DrawerProps) {
  const { columns, folds, row, loaded } = props;
  const saidAbove = folds.routedBy[row] === row;
  if (loaded.kind === 'loading') return <p className="p-3.5 text-muted">Loading attributes…</p>;
  if (loaded.kind === 'failed') return <p className="p-3.5 text-crit-text">{loaded.reason}</p>;
  const { details } = loaded;
  return (
    <>
      <Routing {...props} />
      {details.statusMessage !== '' && (
        <Section title="Status message">
          <p className="num break-words text-crit-text text-xs">{details.statusMessage}</p>
        </Section>
      )}
      <Fields
        title="Attributes"
        fields={details.attributes.filter(
          ([key]) => !isRouting(key) && !(saidAbove && isAddress(key)),
        )}
      />
      <Events columns={columns} details={details} />
      <Links details={details} />
      <Fields title="Resource" fields={details.resource} />
      <Fields
        title="Span"
        fields={[
          ['span id', details.spanId],
          ['scope', details.scope],
          ['trace state', details.traceState],
        ]}
      />
    </>
  );
}

function isRouting(key: string): boolean {
  return key.startsWith('mesh.') || key === ATTR_GRPC_TARGET;
}

/** The evidence for the routing mode, by the names of the attributes that say it. */
function Routing({ columns, folds, row, routing }: DrawerProps) {
  const routedBy = folds.routedBy[row] ?? -1;
  const fields =
    routing.kind === 'loaded'
      ? routing.details.attributes.filter(([key]) => isRouting(key) || isAddress(key))
      : [];
  if (routedBy < 0 && !fields.some(([key]) => isRouting(key))) return null;
  return (
    <Section
      title="How it was routed"
      right={<ModeBadge columns={columns} routedBy={routedBy < 0 ? row : routedBy} />}
    >
      {fields.length === 0 ? (
        <p className="text-muted text-xs">
          Nothing in the span says how its callee was found: no {ATTR_ROUTING_MODE}, no{' '}
          {ATTR_GRPC_TARGET}.
        </p>
      ) : (
        <FieldList fields={fields} />
      )}
      {routedBy >= 0 && routedBy !== row && (
        <p className="mt-1.5 text-2xs text-dim">
          said by the sidecar’s span <span className="num">{spanIdAt(columns, routedBy)}</span>
        </p>
      )}
    </Section>
  );
}

function isAddress(key: string): boolean {
  return key.startsWith('network.peer.') || key === 'server.address' || key === 'error.type';
}

function Events({
  columns,
  details,
}: {
  readonly columns: TraceColumns;
  readonly details: SpanDetails;
}) {
  if (details.events.length === 0) return null;
  return (
    <Section title={`Events (${details.events.length})`}>
      {details.events.map((event) => (
        <div key={`${event.unixNano}${event.name}`} className="mb-2 last:mb-0">
          <p className="flex justify-between gap-2 text-xs">
            <span className="font-medium">{event.name}</span>
            <span className="num text-muted">
              +{formatDuration(Number(BigInt(event.unixNano) - columns.startUnixNano))}
            </span>
          </p>
          <FieldList fields={event.attributes} />
        </div>
      ))}
    </Section>
  );
}

function Links({ details }: { readonly details: SpanDetails }) {
  if (details.links.length === 0) return null;
  return (
    <Section title={`Links (${details.links.length})`}>
      {details.links.map((link) => (
        <div key={`${link.traceId}${link.spanId}`} className="mb-1">
          <Link
            href={`/traces/${link.traceId}?span=${link.spanId}`}
            className="num text-mesh-text text-xs underline"
          >
            {link.traceId.slice(0, 8)}…/{link.spanId.slice(0, 8)}
          </Link>
          <FieldList fields={link.attributes} />
        </div>
      ))}
    </Section>
  );
}

/** Half of the window of the map that a span is looked up on. */
const MAP_NS = 5 * NS_PER_SECOND;
/** Where traces like it are looked for: mostly before it, since after a fresh trace there is nothing yet. */
const LIKE_NS = { before: 480 * NS_PER_SECOND, after: 120 * NS_PER_SECOND };

function Actions({ columns, row, folds, incidentId }: DrawerProps) {
  const by = folds.routedBy[row] ?? -1;
  const at = addNs(unixNano(columns.startUnixNano), columns.startNs[row] ?? 0);
  const error = textAt(columns, columns.errorType, by < 0 ? row : by);
  const like = new URLSearchParams({ service: textAt(columns, columns.service, row) });
  if (error !== '') like.append('attribute', `error.type=${error}`);
  else like.set('operation', textAt(columns, columns.name, row));
  like.set('from', String(addNs(at, -LIKE_NS.before)));
  like.set('to', String(addNs(at, LIKE_NS.after)));
  return (
    <div className="flex gap-1.5 border-line border-t p-3">
      {incidentId === undefined ? (
        <ButtonLink
          href={`/map?from=${addNs(at, -MAP_NS)}&to=${addNs(at, MAP_NS)}`}
          className="flex-1"
          size="small"
          title={`The map around ${formatClockMs(at)} UTC`}
        >
          <Waypoints size={13} aria-hidden /> Map then
        </ButtonLink>
      ) : (
        <ButtonLink
          href={replayHref(incidentId, at)}
          className="flex-1"
          size="small"
          title="This second in the replay of the incident"
        >
          <History size={13} aria-hidden /> Replay
          <span className="max-[1100px]:hidden">{formatClock(at)}</span>
        </ButtonLink>
      )}
      <ButtonLink href={`/traces?${like}`} className="flex-1" size="small">
        <ListFilter size={13} aria-hidden /> Like this
      </ButtonLink>
      <CopyButton text={spanIdAt(columns, row)} label="Id" name="span id" />
    </div>
  );
}
