'use client';

import { CircleCheck, CircleDashed, Play, Radio } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { useEffect, useMemo, useState } from 'react';
import { formatPlural } from '#views/format/format-number.ts';
import { useLab } from '#views/lab/use-lab.ts';
import { Button, ButtonLink } from '#views/shell/button.tsx';
import { classNames } from '#views/shell/class-names.ts';
import { CopyButton } from '#views/shell/copy-button.tsx';
import { Header } from '#views/shell/header.tsx';
import { Instant } from '#views/shell/instant.tsx';
import { Kbd } from '#views/shell/kbd.tsx';
import { useKeys } from '#views/shell/keys.tsx';
import { Panel } from '#views/shell/panel.tsx';
import { DrillPreview } from './drill-preview.tsx';
import { type IngestAddress, SNIPPETS, toEndpoints } from './snippets.ts';
import { type Listening, useListening } from './use-listening.ts';

const DRILL = 'march-8';
/** Long enough to see that it worked. */
const GO_ON_MS = 2000;

/** Shown until the first span: where to send, what to paste, and an outage to play without data of one's own. */
export function FirstRun({ ingest }: { readonly ingest: IngestAddress }) {
  const router = useRouter();
  const listening = useListening();
  const [host, setHost] = useState('localhost');
  useEffect(() => setHost(window.location.hostname), []);
  const endpoints = useMemo(() => toEndpoints(ingest, host), [ingest, host]);
  const hasSpans = listening.services > 0;
  useEffect(() => {
    if (!hasSpans) return;
    const timer = setTimeout(() => router.refresh(), GO_ON_MS);
    return () => clearTimeout(timer);
  }, [hasSpans, router]);
  return (
    <>
      <Header title="Live map" right={<ListeningChip listening={listening} />} />
      <div className="ground-dots min-h-0 flex-1 overflow-auto">
        <div className="mx-auto max-w-[1240px] px-6 py-[6vh]">
          <h2 className="font-semibold text-[24px] leading-8 tracking-tight">
            {hasSpans ? 'The first spans are here' : 'Nothing has arrived yet'}
          </h2>
          <p className="mt-1 text-[14.5px] text-muted">
            Point OpenTelemetry here and the map draws itself, or play an outage to see what it
            shows.
          </p>
          <div className="mt-6 grid items-start gap-4 min-[1080px]:grid-cols-[1.6fr_1fr]">
            <Panel
              title={
                <span className="flex items-center gap-2">
                  <Radio size={15} className="text-accent" aria-hidden /> Send your own
                </span>
              }
              actions={<ListeningWords listening={listening} />}
            >
              <EndpointRow name="OTLP, HTTP" value={endpoints.http} hint="protobuf or JSON, gzip" />
              <EndpointRow name="OTLP, gRPC" value={endpoints.grpc} hint="" />
              <Snippets endpoints={endpoints} />
              <Expectations hasSpans={hasSpans} />
            </Panel>
            <DrillPanel />
          </div>
          <Foot listening={listening} />
        </div>
      </div>
    </>
  );
}

function ListeningChip({ listening }: { readonly listening: Listening }) {
  return (
    <span className="inline-flex h-8 items-center gap-2 rounded-lg border border-edge px-3 text-sm">
      <span
        aria-hidden
        className={`size-2 rounded-full ${listening.state === 'listening' ? 'bg-ok' : 'bg-warn-solid'}`}
      />
      <span className="font-medium">{STATE_WORDS[listening.state]}</span>
      <span className="text-muted">{formatPlural(listening.services, 'service')}</span>
    </span>
  );
}

const STATE_WORDS: Readonly<Record<Listening['state'], string>> = {
  asking: 'Waiting',
  listening: 'Listening',
  deaf: 'No ingester',
  away: 'Not answering',
};
const STATE_HINTS: Readonly<Record<Listening['state'], string>> = {
  asking: '',
  listening: 'listening on both ports; this page changes by itself',
  deaf: 'no ingester says that it is running',
  away: 'the server does not answer',
};

function ListeningWords({ listening }: { readonly listening: Listening }) {
  return (
    <span className="text-muted text-xs" role="status">
      {STATE_HINTS[listening.state]}
    </span>
  );
}

function EndpointRow({
  name,
  value,
  hint,
}: {
  readonly name: string;
  readonly value: string;
  readonly hint: string;
}) {
  return (
    <div className="flex h-10 items-center border-line border-b px-3.5">
      <span className="w-28 shrink-0 text-muted">{name}</span>
      <code className="num">{value}</code>
      <span className="ml-3 text-muted text-xs">{hint}</span>
      <span className="ml-auto">
        <CopyButton text={value} name={`${name} endpoint`} />
      </span>
    </div>
  );
}

function Snippets({ endpoints }: { readonly endpoints: ReturnType<typeof toEndpoints> }) {
  const [chosen, setChosen] = useState(SNIPPETS[0]?.name);
  const snippet = SNIPPETS.find((candidate) => candidate.name === chosen);
  const code = snippet?.code(endpoints) ?? '';
  return (
    <div className="border-line border-b p-3">
      <div role="tablist" aria-label="Language" className="mb-2 flex gap-0.5">
        {SNIPPETS.map(({ name }) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-selected={name === chosen}
            aria-controls="snippet"
            onClick={() => setChosen(name)}
            className={classNames(
              'h-7 rounded-md px-2.5 text-sm',
              name === chosen ? 'bg-raise font-medium text-fg' : 'text-muted hover:text-fg',
            )}
          >
            {name}
          </button>
        ))}
      </div>
      <div
        id="snippet"
        role="tabpanel"
        aria-labelledby={`tab-${chosen}`}
        className="relative rounded-lg border border-line bg-bg"
      >
        <section aria-label="Snippet" className="overflow-x-auto p-3.5">
          <pre className="num min-h-[154px] text-[12.5px] leading-[19px]">
            <Coloured code={code} />
          </pre>
        </section>
        <span className="absolute top-2 right-2">
          <CopyButton text={code} name="snippet" look="plain" />
        </span>
      </div>
    </div>
  );
}

/** Comments quiet, settings loud: enough colour for ten lines. */
function Coloured({ code }: { readonly code: string }) {
  return code.split('\n').map((line, i) => {
    const setting = /^(OTEL_\w+)=(.*)$/.exec(line);
    const key = `${i}${line}`;
    if (setting !== null) {
      return (
        <span key={key}>
          <span className="text-accent">{setting[1]}</span>=
          <span className="text-ok-text">{setting[2]}</span>
          {'\n'}
        </span>
      );
    }
    return (
      <span key={key} className={/^\s*(#|\/\/)/.test(line) ? 'text-muted' : undefined}>
        {line}
        {'\n'}
      </span>
    );
  });
}

const APPEARS = [
  ['Services', 'any span with service.name'],
  ['Edges', 'client and server spans with one trace id'],
  ['Mesh or DNS, per edge', 'grpc.target, the proxy’s upstream cluster, or mesh.routing.*'],
  ['Control plane health', 'grpc.xds_client.* or Envoy control_plane.* metrics'],
] as const;

function Expectations({ hasSpans }: { readonly hasSpans: boolean }) {
  return (
    <div className="px-3.5 py-3">
      <h3 className="mb-1.5 font-semibold text-sm">What appears, in this order</h3>
      <ul>
        {APPEARS.map(([what, from], i) => (
          <li key={what} className="flex h-[26px] items-center gap-2.5 text-sm">
            {i === 0 && hasSpans ? (
              <CircleCheck size={14} className="text-ok" role="img" aria-label="seen" />
            ) : (
              <CircleDashed size={14} className="text-dim" role="img" aria-label="not yet" />
            )}
            <span className="w-44 shrink-0 font-medium">{what}</span>
            <span className="text-muted">{from}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function DrillPanel() {
  const router = useRouter();
  const lab = useLab();
  const start = async () => {
    if (await lab.start({ scenario: DRILL })) router.push('/lab');
  };
  useKeys(
    'First run',
    useMemo(() => [{ keys: 'd', label: 'Open the lab', run: () => router.push('/lab') }], [router]),
  );
  return (
    <Panel
      title={
        <span className="flex items-center gap-2">
          <Play size={14} className="text-accent" aria-hidden /> Play the drill
        </span>
      }
    >
      <DrillPreview />
      <div className="border-line border-t p-4">
        <p>
          8 March 2022: service discovery loses part of its configuration, users cannot log in, and
          the way back is DNS. Six real services, a control plane and a DNS server run on this
          machine; <span className="text-muted">one second is one minute then.</span>
        </p>
        {lab.state === 'absent' ? (
          <p className="mt-3 rounded-lg border border-line bg-bg px-3 py-2 text-muted text-sm">
            The lab is not attached. <code className="num text-fg">npm start</code> brings it up
            beside Detour.
          </p>
        ) : (
          <div className="mt-4 flex gap-2">
            <Button look="primary" onClick={() => void start()} disabled={lab.state !== 'ready'}>
              <Play size={13} aria-hidden /> Start the drill
            </Button>
            <ButtonLink href="/lab">Look at the lab</ButtonLink>
          </div>
        )}
        {lab.error !== undefined && (
          <p role="alert" className="mt-2 text-crit-text text-sm">
            {lab.error}
          </p>
        )}
      </div>
    </Panel>
  );
}

function Foot({ listening }: { readonly listening: Listening }) {
  const { refusal, state } = listening;
  return (
    <p className="mt-4 flex flex-wrap items-center gap-x-5 gap-y-1 text-muted text-sm">
      {refusal === undefined && state === 'listening' && (
        <span>
          refused: <b className="num text-fg">0</b>
        </span>
      )}
      {refusal !== undefined && (
        <span className="text-crit-text" role="alert">
          refused at <Instant at={refusal.atUnixNano} />: {refusal.words}
        </span>
      )}
      <span className="ml-auto flex items-center gap-1.5">
        <Kbd>d</Kbd> the drill <Kbd>?</Kbd> all keys
      </span>
    </p>
  );
}
