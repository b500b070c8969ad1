import type { RoutingMode } from '#telemetry/routing-mode.ts';
import { type RoutingForm, routingLook } from '#views/theme/routing-look.ts';

const HUES = {
  mesh: 'text-mesh',
  dns: 'text-dns',
  crit: 'text-crit',
  plain: 'text-plain',
} as const;

/** The line of a routing mode in miniature, 28×10 px; the word stands beside it or in `label`. */
export function RoutingMark({
  mode,
  label,
}: {
  readonly mode: RoutingMode;
  readonly label?: string;
}) {
  const { form, hue } = routingLook(mode);
  return (
    <svg
      width="28"
      height="10"
      viewBox="0 0 28 10"
      className={`shrink-0 ${HUES[hue]}`}
      fill="none"
      stroke="currentColor"
      role="img"
      aria-hidden={label === undefined}
      aria-label={label ?? ''}
    >
      <Line form={form} />
    </svg>
  );
}

function Line({ form }: { readonly form: RoutingForm }) {
  switch (form) {
    case 'solid':
      return (
        <>
          <path d="M0 5h28" strokeWidth="1.8" />
          <circle cx="14" cy="5" r="2.6" fill="currentColor" stroke="none" />
        </>
      );
    case 'double':
      return (
        <>
          <path d="M0 3h28M0 7h28" strokeWidth="1.3" />
          <circle cx="14" cy="5" r="2.8" style={{ fill: 'var(--panel)' }} strokeWidth="1.4" />
        </>
      );
    case 'broken':
      return (
        <>
          <path d="M0 5h8" strokeWidth="1.8" className="text-mesh" stroke="currentColor" />
          <path d="m9.5 1.5 7 7m0-7-7 7" strokeWidth="1.6" />
          <path d="M19 5h9" strokeWidth="1.6" strokeDasharray="1.4 2.6" />
        </>
      );
    case 'dashed':
      return (
        <>
          <path d="M0 5h28" strokeWidth="1.8" strokeDasharray="5 3" />
          <rect x="11.2" y="2.2" width="5.6" height="5.6" fill="currentColor" stroke="none" />
        </>
      );
    case 'dotted':
      return <path d="M1 5h27" strokeWidth="1.8" strokeDasharray="1.6 3.4" strokeLinecap="round" />;
    case 'faint':
      return <path d="M1 5h26" strokeWidth="1.2" strokeDasharray="3 4" />;
  }
}
