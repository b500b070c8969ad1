'use client';

import { Server } from 'lucide-react';
import type { ControlPlaneView, DnsView } from '#analysis/control-plane/xds-client.ts';
import type { ServiceMap } from '#analysis/service-map/service-map.ts';
import { versionWord } from '#telemetry/version-word.ts';
import { judgeTwoViews } from '#views/control-plane/two-views.ts';
import { VERDICT_ORDER, VERDICT_TEXT, verdictLook } from '#views/control-plane/verdict-look.ts';
import { formatCount, formatRate } from '#views/format/format-number.ts';
import { ButtonLink } from '#views/shell/button.tsx';
import { Instant } from '#views/shell/instant.tsx';
import { nodeName } from './describe-edge.ts';
import { InspectorHead, InspectorSection } from './inspector-parts.tsx';
import type { MapSelection } from './map-selection.ts';

export function InspectControlPlane({
  view,
  onClose,
}: {
  readonly view: ControlPlaneView;
  readonly onClose: () => void;
}) {
  const { health } = judgeTwoViews(view);
  const differing = view.claims.filter((claim) => !claim.agrees);
  return (
    <>
      <InspectorHead
        health={health}
        title={view.server.service ?? 'control plane'}
        subtitle={view.summary}
        onClose={onClose}
      />
      <InspectorSection title="Two views" hint={differing.length === 0 ? 'they agree' : undefined}>
        <dl className="flex flex-col gap-2">
          {view.claims.map((claim) => (
            <div key={claim.subject}>
              <dt className="flex gap-1.5 text-muted text-xs">
                {claim.subject}
                {!claim.agrees && <span className="font-semibold text-crit-text">≠</span>}
              </dt>
              <dd className="text-sm">server: {claim.server}</dd>
              <dd className={`text-sm ${claim.critical ? 'text-crit-text' : ''}`}>
                clients: {claim.clients}
              </dd>
            </div>
          ))}
        </dl>
      </InspectorSection>
      <InspectorSection title="Clients">
        <ul className="flex flex-col gap-1.5">
          {VERDICT_ORDER.flatMap((verdict) => {
            const some = view.clients.filter((client) => client.verdict === verdict);
            if (some.length === 0) return [];
            const { Icon, tone, word } = verdictLook(verdict);
            return [
              <li key={verdict} className="flex items-center gap-2 text-sm">
                <Icon size={14} className={`shrink-0 ${VERDICT_TEXT[tone]}`} aria-hidden />
                {word}
                <span className="tabular ml-auto">{some.length}</span>
              </li>,
            ];
          })}
        </ul>
      </InspectorSection>
      {view.releases.length > 0 && (
        <InspectorSection title="Releases">
          <ul className="flex flex-col gap-1.5">
            {view.releases.slice(0, 5).map((release) => (
              <li key={`${release.unixNano}`} className="flex items-center gap-2 text-sm">
                <Instant at={release.unixNano} className="text-muted text-xs" />
                <span className="num">{versionWord(release.version)}</span>
                <span className="ml-auto text-muted text-xs">
                  {formatCount(release.resourcesBefore)} → {formatCount(release.resourcesAfter)}{' '}
                  resources
                </span>
              </li>
            ))}
          </ul>
        </InspectorSection>
      )}
      <div className="mt-auto p-3">
        <ButtonLink className="w-full" href="/control-plane">
          <Server size={14} aria-hidden /> Who holds what
        </ButtonLink>
      </div>
    </>
  );
}

export function InspectDns({
  dns,
  map,
  onSelect,
  onClose,
}: {
  readonly dns: DnsView;
  readonly map: ServiceMap;
  readonly onSelect: (selection: MapSelection) => void;
  readonly onClose: () => void;
}) {
  const users = map.edges.filter((edge) => edge.byMode.some((count) => count.mode === 'dns'));
  return (
    <>
      <InspectorHead
        health={dns.failuresPerSecond > 0 ? 'degraded' : 'ok'}
        title={dns.service}
        subtitle="finds services by name"
        onClose={onClose}
      />
      <InspectorSection title="Answers">
        <dl className="flex flex-col gap-1 text-sm">
          <Row name="Names it answers">{formatCount(dns.names)}</Row>
          <Row name="Queries">{formatRate(dns.queriesPerSecond)}</Row>
          <Row name="Failing">{formatRate(dns.failuresPerSecond)}</Row>
          <div className="flex justify-between">
            <dt className="text-muted">Last report</dt>
            <dd>
              <Instant at={dns.lastReportUnixNano} />
            </dd>
          </div>
        </dl>
      </InspectorSection>
      <InspectorSection title="Edges that use it" hint={`${users.length} of ${map.edges.length}`}>
        {users.length === 0 ? (
          <p className="text-muted text-sm">None now: every callee is found another way.</p>
        ) : (
          <ul className="-mx-2">
            {users.map((edge) => (
              <li key={edge.id}>
                <button
                  type="button"
                  onClick={() => onSelect({ kind: 'edge', id: edge.id })}
                  className="flex h-8 w-full items-center rounded-md px-2 text-left text-sm hover:bg-raise"
                >
                  {nodeName(edge.client)} → {nodeName(edge.server)}
                  <span className="tabular ml-auto text-muted text-xs">
                    {formatRate(edge.callsPerSecond)}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        )}
      </InspectorSection>
    </>
  );
}

function Row({ name, children }: { readonly name: string; readonly children: string }) {
  return (
    <div className="flex justify-between">
      <dt className="text-muted">{name}</dt>
      <dd className="num">{children}</dd>
    </div>
  );
}
