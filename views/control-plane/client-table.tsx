'use client';

import { Fragment, type ReactNode } from 'react';
import { missingNames } from '#analysis/control-plane/judge-client.ts';
import type { XdsClient, XdsTypeState } from '#analysis/control-plane/xds-client.ts';
import { elapsedNs, type UnixNano } from '#telemetry/time.ts';
import { versionWord } from '#telemetry/version-word.ts';
import type { XdsType } from '#telemetry/xds-type.ts';
import { formatPercent } from '#views/format/format-number.ts';
import { formatAge, formatAgeAt } from '#views/format/format-time.ts';
import { Badge, type Tone } from '#views/shell/badge.tsx';
import { classNames } from '#views/shell/class-names.ts';
import { CopyButton } from '#views/shell/copy-button.tsx';
import { VERDICT_ORDER, VERDICT_TEXT, verdictLook } from './verdict-look.ts';

const COLUMNS: readonly XdsType[] = ['LDS', 'RDS', 'CDS', 'EDS'];
const KINDS: Readonly<Record<XdsClient['kind'], string>> = {
  sidecar: 'sidecar',
  grpc: 'gRPC in process',
  envoy: 'Envoy',
  other: 'client',
};

/** Who holds what: one row a client, worst first; every row keeps its last word when the client falls silent. */
export function ClientTable({
  clients,
  serverVersion,
  at,
  marked,
}: {
  readonly clients: readonly XdsClient[];
  readonly serverVersion: string | undefined;
  readonly at: UnixNano;
  /** The row that the keys stand on. */
  readonly marked: string | undefined;
}) {
  return (
    <table className="w-full min-w-[900px] border-collapse text-sm">
      <thead className="sticky top-0 z-10 bg-panel text-left text-muted text-xs">
        <tr className="h-8 border-line border-b">
          <th className="w-[200px] pl-3.5 font-normal">Client</th>
          <th className="w-[210px] pr-4 font-normal max-[1200px]:w-[150px]">State</th>
          {COLUMNS.map((type) => (
            <th key={type} className="w-[96px] font-normal max-[1200px]:w-[64px]">
              {type}
            </th>
          ))}
          <th className="w-[86px] pr-4 text-right font-normal">Age</th>
          <th className="w-[168px] whitespace-nowrap pr-4 font-normal">Names missing</th>
          <th className="w-[30%] pr-3.5 font-normal">Why</th>
        </tr>
      </thead>
      <tbody>
        {clients.map((client) => (
          <Fragment key={client.id}>
            <ClientRow
              client={client}
              serverVersion={serverVersion}
              at={at}
              isMarked={client.id === marked}
            />
            <RefusedRows client={client} />
          </Fragment>
        ))}
      </tbody>
    </table>
  );
}

/** Worst first, then by how many of its calls find no address, then by name. */
export function inOrder(clients: readonly XdsClient[]): readonly XdsClient[] {
  return clients.toSorted(
    (a, b) =>
      VERDICT_ORDER.indexOf(a.verdict) - VERDICT_ORDER.indexOf(b.verdict) ||
      b.noConfigRatio - a.noConfigRatio ||
      (a.id < b.id ? -1 : 1),
  );
}

function ClientRow({
  client,
  serverVersion,
  at,
  isMarked,
}: {
  readonly client: XdsClient;
  readonly serverVersion: string | undefined;
  readonly at: UnixNano;
  readonly isMarked: boolean;
}) {
  const { Icon, tone, word } = verdictLook(client.verdict);
  const missing = missingNames(client);
  return (
    <tr
      aria-current={isMarked || undefined}
      data-client={client.id}
      className={classNames(
        'h-[34px] border-line border-t',
        tone === 'crit' && 'bg-crit-fill/60',
        isMarked && 'outline-2 outline-select -outline-offset-2',
      )}
    >
      <th scope="row" className="whitespace-nowrap pr-4 pl-3.5 text-left font-semibold">
        {client.id} <span className="font-normal text-muted text-xs">{KINDS[client.kind]}</span>
      </th>
      <td className="whitespace-nowrap pr-4">
        <span className={`flex items-center gap-1.5 ${tone === 'quiet' ? 'text-muted' : ''}`}>
          <Icon size={14} className={`shrink-0 ${VERDICT_TEXT[tone]}`} aria-hidden />
          {word}
          {!client.connected && (
            <span className="num text-muted text-xs">
              {formatAgeAt(client.connectedSinceUnixNano, at)}
            </span>
          )}
          {client.isSilent && (
            <Badge tone="warn">silent {formatAgeAt(client.lastReportUnixNano, at)}</Badge>
          )}
        </span>
      </td>
      {COLUMNS.map((type) => (
        <td key={type} className="whitespace-nowrap pr-3">
          <Held state={client.types[type]} client={client} serverVersion={serverVersion} />
        </td>
      ))}
      <td className="num whitespace-nowrap pr-4 text-right">{ageOf(client, at)}</td>
      <td className="pr-4">
        <Missing names={missing} client={client} />
      </td>
      <td className="max-w-0 truncate pr-3.5 text-muted text-xs" title={client.reason}>
        {client.reason}
      </td>
    </tr>
  );
}

/** The version that is held, and how it differs from what it should be. */
function Held({
  state,
  client,
  serverVersion,
}: {
  readonly state: XdsTypeState | undefined;
  readonly client: XdsClient;
  readonly serverVersion: string | undefined;
}) {
  if (state === undefined) return <span className="text-dim">–</span>;
  const note = heldNote(state, client, serverVersion);
  return (
    <>
      <span className="num">{state.acked === undefined ? '–' : versionWord(state.acked)}</span>{' '}
      <span className={`text-xs ${note.tone}`}>{note.text}</span>
    </>
  );
}

function heldNote(
  state: XdsTypeState,
  client: XdsClient,
  serverVersion: string | undefined,
): { readonly text: string; readonly tone: string } {
  if (state.rejected !== undefined)
    return { text: `refused ${versionWord(state.rejected)}`, tone: 'text-crit-text' };
  if (state.received !== undefined && state.received !== state.acked) {
    return { text: `of ${versionWord(state.received)}`, tone: 'text-warn-text' };
  }
  if (state.missing.length > 0) {
    const isUsed = client.verdict === 'failing' || client.verdict === 'stuck';
    return { text: `${state.missing.length} gone`, tone: isUsed ? 'text-crit-text' : 'text-muted' };
  }
  if (!client.connected) return { text: 'last', tone: 'text-warn-text' };
  if (serverVersion !== undefined && state.acked !== undefined && state.acked !== serverVersion) {
    return { text: 'unchanged', tone: 'text-dim max-[1200px]:sr-only' };
  }
  return { text: '', tone: '' };
}

function Missing({
  names,
  client,
}: {
  readonly names: readonly string[];
  readonly client: XdsClient;
}): ReactNode {
  if (names.length === 0) return <span className="text-dim">none</span>;
  const coping: { text: string; tone: Tone } =
    client.noConfigRatio > 0
      ? { text: `${formatPercent(client.noConfigRatio)} fail`, tone: 'crit' }
      : { text: 'not used', tone: 'neutral' };
  return (
    <span className="flex items-center gap-1.5" title={names.join(', ')}>
      <span className="truncate">{names.length === 1 ? names[0] : `${names.length} names`}</span>
      <Badge tone={coping.tone}>{coping.text}</Badge>
    </span>
  );
}

function RefusedRows({ client }: { readonly client: XdsClient }) {
  return COLUMNS.flatMap((type) => {
    const state = client.types[type];
    if (state?.rejected === undefined) return [];
    const reason = state.rejectReason ?? 'no reason given';
    return [
      <tr key={`${client.id}${type}`} className="bg-crit-fill/60">
        <td colSpan={9} className="px-3.5 pb-1">
          <span className="flex items-center gap-2 pl-6 text-xs">
            <span className="shrink-0 text-crit-text">
              {type} {versionWord(state.rejected)} refused:
            </span>
            <code className="num truncate text-muted" title={reason}>
              {reason}
            </code>
            <span className="ml-auto flex shrink-0 items-center gap-2 text-muted">
              keeps {versionWord(state.acked ?? 'nothing')}
              <CopyButton text={reason} name="the reason" />
            </span>
          </span>
        </td>
      </tr>,
    ];
  });
}

/** Since the held content last changed, whichever type that was. */
function ageOf(client: XdsClient, at: UnixNano): string {
  const changes = Object.values(client.types).map((state) => state.changedUnixNano);
  const newest = changes.reduce<UnixNano | undefined>(
    (best, instant) => (best === undefined || instant > best ? instant : best),
    undefined,
  );
  return newest === undefined ? '–' : formatAge(elapsedNs(newest, at));
}
