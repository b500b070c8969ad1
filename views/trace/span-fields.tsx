import type { ReactNode } from 'react';
import { ATTR_XDS_CONFIG_AGE_MS } from '#telemetry/attributes.ts';
import { NS_PER_MS } from '#telemetry/time.ts';
import { formatCount } from '#views/format/format-number.ts';
import { formatAge } from '#views/format/format-time.ts';
import type { Field } from '#views/trace/span-details.ts';

/** A titled part of the drawer. */
export function Section({
  title,
  right,
  children,
}: {
  readonly title: string;
  readonly right?: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <div className="border-line border-b px-3.5 py-3">
      <div className="mb-1.5 flex items-center justify-between gap-2">
        <h3 className="font-semibold text-sm">{title}</h3>
        {right}
      </div>
      {children}
    </div>
  );
}

/** Names and values under a title; nothing where nothing is said. */
export function Fields({
  title,
  fields,
}: {
  readonly title: string;
  readonly fields: readonly Field[];
}) {
  const said = fields.filter(([, value]) => value !== '');
  if (said.length === 0) return null;
  return (
    <Section title={title}>
      <FieldList fields={said} />
    </Section>
  );
}

const LOUD = /connect_refused|no_mapping|empty_endpoints|dns_|deadline|5xx|^cache$/;

export function FieldList({ fields }: { readonly fields: readonly Field[] }) {
  return (
    <dl>
      {fields.map(([key, value]) => (
        <div
          key={key}
          className="flex min-h-[26px] items-baseline justify-between gap-3 border-line/60 border-b py-1 last:border-b-0"
        >
          <dt className="shrink-0 text-muted text-xs">{key}</dt>
          <dd
            className={`num min-w-0 break-words text-right text-xs [overflow-wrap:anywhere] ${LOUD.test(value) && value.length < 40 ? 'text-crit-text' : ''}`}
          >
            {key === ATTR_XDS_CONFIG_AGE_MS ? withAge(value) : value}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** "2,235,103 · 37m 15s". */
function withAge(ms: string): string {
  return `${formatCount(Number(ms))} · ${formatAge(Number(ms) * NS_PER_MS)}`;
}
