import type { ReactNode } from 'react';
import type { MapPlaces } from '#views/service-map/place-map.ts';
import type { Pictured } from './build-pictured.ts';
import { PictureCards } from './picture-cards.tsx';
import { PictureLegend } from './picture-legend.tsx';
import { PictureLines } from './picture-lines.tsx';
import { PictureNodes } from './picture-nodes.tsx';
import { type CutText, FONT, Words } from './picture-text.tsx';

const HEAD_PX = 52;
const LEGEND_PX = 38;

export function pictureSize({ world }: MapPlaces): { width: number; height: number } {
  return {
    width: Math.ceil(world.width),
    height: Math.ceil(world.height) + HEAD_PX + LEGEND_PX,
  };
}

/**
 * The map as one SVG document: head, map, legend. Colours are the theme's tokens (`var(--…)`), which whoever writes it to
 * a file replaces; `cut` fits words to a width, which SVG cannot do by itself.
 */
export function MapPicture({
  pictured,
  cut,
}: {
  readonly pictured: Pictured;
  readonly cut: CutText;
}) {
  const { title, when, note, map, places, scene } = pictured;
  const { width, height } = pictureSize(places);
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      fontFamily={FONT}
      fontSize={13}
      role="img"
    >
      <title>{`${title}, ${when}`}</title>
      <rect width={width} height={height} fill="var(--bg)" />
      <Head width={width}>
        <Words x={16} y={32} size={15} weight={600} fill="var(--fg)">
          {cut(title, width * 0.5, 15, 600)}
        </Words>
        <Words x={width - 16} y={32} size={13} fill="var(--muted)" anchor="end">
          {[note, when].filter((part) => part !== '').join(' · ')}
        </Words>
      </Head>
      <g transform={`translate(0 ${HEAD_PX})`}>
        <PictureLines scene={scene} width={width} />
        <PictureCards map={map} places={places} cut={cut} />
        <PictureNodes pictured={pictured} cut={cut} />
      </g>
      <g transform={`translate(0 ${height - LEGEND_PX})`}>
        <rect width={width} height={LEGEND_PX} fill="var(--panel)" />
        <rect width={width} height={1} fill="var(--line)" />
        <PictureLegend map={map} cut={cut} y={LEGEND_PX / 2} />
      </g>
    </svg>
  );
}

function Head({ width, children }: { readonly width: number; readonly children: ReactNode }) {
  return (
    <>
      <rect width={width} height={HEAD_PX} fill="var(--panel)" />
      <rect y={HEAD_PX - 1} width={width} height={1} fill="var(--line)" />
      {children}
    </>
  );
}
