import type { ServiceMap } from '#analysis/service-map/service-map.ts';
import { MODE_ORDER, type RoutingForm, routingLook } from '#views/theme/routing-look.ts';
import { type CutText, Words } from './picture-text.tsx';

interface Entry {
  readonly form: RoutingForm | 'failing' | 'configuration';
  readonly hue: string;
  readonly word: string;
}

const ENTRY_PX = { mark: 28, gap: 8, between: 22 } as const;

/** What the lines that are on the map mean. */
export function PictureLegend({
  map,
  cut,
  y,
}: {
  readonly map: ServiceMap;
  readonly cut: CutText;
  readonly y: number;
}) {
  let x = 16;
  return entriesOf(map).map((entry) => {
    const at = x;
    x += ENTRY_PX.mark + ENTRY_PX.gap + ENTRY_PX.between + entry.word.length * 6.1;
    return (
      <g key={entry.word} transform={`translate(${at} ${y})`}>
        <g fill="none" stroke={entry.hue} strokeWidth={1.8}>
          <Mark form={entry.form} />
        </g>
        <Words x={ENTRY_PX.mark + ENTRY_PX.gap} y={4} fill="var(--muted)">
          {cut(entry.word, 220, 11.5)}
        </Words>
      </g>
    );
  });
}

function entriesOf(map: ServiceMap): readonly Entry[] {
  const seen = new Set(map.edges.flatMap((edge) => edge.byMode.map(({ mode }) => mode)));
  const modes = MODE_ORDER.filter((mode) => seen.has(mode)).map((mode): Entry => {
    const { form, hue, label } = routingLook(mode);
    return { form, hue: `var(--${hue})`, word: label };
  });
  const fails = map.edges.some((edge) => edge.errors > 0);
  return [
    ...modes,
    ...(fails ? [{ form: 'failing', hue: 'var(--crit)', word: 'Failing calls' } as const] : []),
    ...(map.controlPlane.state === 'none'
      ? []
      : [{ form: 'configuration', hue: 'var(--control)', word: 'Configuration' } as const]),
  ];
}

function Mark({ form }: { readonly form: Entry['form'] }) {
  switch (form) {
    case 'solid':
      return (
        <>
          <path d="M0 0h28" />
          <circle cx={14} r={2.6} fill="var(--mesh)" stroke="none" />
        </>
      );
    case 'double':
      return (
        <>
          <path d="M0-2h28M0 2h28" strokeWidth={1.3} />
          <circle cx={14} r={2.8} fill="var(--panel)" strokeWidth={1.4} />
        </>
      );
    case 'broken':
      return (
        <>
          <path d="M0 0h8" stroke="var(--mesh)" />
          <path d="m9.5-3.5 7 7m0-7-7 7M19 0h3m2 0h3" />
        </>
      );
    case 'dashed':
      return (
        <>
          <path d="M0 0h28" strokeDasharray="5 3" />
          <rect x={11.2} y={-2.8} width={5.6} height={5.6} fill="var(--dns)" stroke="none" />
        </>
      );
    case 'dotted':
      return <path d="M1 0h27" strokeDasharray="1.6 3.4" strokeLinecap="round" />;
    case 'faint':
      return <path d="M1 0h26" strokeWidth={1.2} strokeDasharray="3 4" />;
    case 'failing':
      return (
        <>
          <rect
            y={-4}
            width={28}
            height={8}
            rx={4}
            fill="var(--crit)"
            stroke="none"
            opacity={0.3}
          />
          <path d="m14-4.2 4.2 4.2L14 4.2 9.8 0Z" fill="var(--crit)" stroke="none" />
        </>
      );
    case 'configuration':
      return <path d="M1 0h26" strokeDasharray="0.1 4" strokeLinecap="round" />;
  }
}
