import { createElement } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import type { Pictured } from './build-pictured.ts';
import { MapPicture, pictureSize } from './map-picture.tsx';
import { cutWith, FONT } from './picture-text.tsx';

/** Pixels of a PNG for each px of the picture: sharp on the screens of today. */
const PNG_SCALE = 2;
/** Browsers refuse canvases beyond about 16 k px a side. */
const MAX_PNG_SIDE_PX = 12_000;

/** The picture as an SVG document of its own: colours of the theme that holds now, no style sheet, no address. */
export function drawSvg(pictured: Pictured): string {
  const holder = document.createElement('div');
  const root = createRoot(holder);
  flushSync(() => root.render(createElement(MapPicture, { pictured, cut: cutWith(measurer()) })));
  const svg = holder.querySelector('svg');
  const text = svg === null ? '' : new XMLSerializer().serializeToString(svg);
  root.unmount();
  return withColours(text);
}

/** The same picture as pixels, in the page's own font. */
export async function drawPng(pictured: Pictured): Promise<Blob> {
  const { width, height } = pictureSize(pictured.places);
  const scale = Math.min(PNG_SCALE, MAX_PNG_SIDE_PX / Math.max(width, height));
  const svg = withFont(drawSvg(pictured), await readPageFont());
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser draws no canvas');
  context.scale(scale, scale);
  context.drawImage(image, 0, 0);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error('the picture is too large for this browser'));
      else resolve(blob);
    }, 'image/png');
  });
}

export function saveFile(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The download has its own hold on the blob by the next task.
  setTimeout(() => URL.revokeObjectURL(link.href), 0);
}

function measurer() {
  const context = document.createElement('canvas').getContext('2d');
  const family = getComputedStyle(document.body).fontFamily || FONT;
  return (text: string, sizePx: number, weight: number): number => {
    if (context === null) return text.length * sizePx * 0.55;
    context.font = `${weight} ${sizePx}px ${family}`;
    return context.measureText(text).width;
  };
}

/** Every `var(--token)` as the colour that it stands for now. */
function withColours(svg: string): string {
  const probe = document.createElement('span');
  probe.style.display = 'none';
  document.body.append(probe);
  const known = new Map<string, string>();
  const coloured = svg.replaceAll(/var\(--[a-z-]+\)/g, (token) => {
    const colour = known.get(token) ?? colourOf(probe, token);
    known.set(token, colour);
    return colour;
  });
  probe.remove();
  return coloured;
}

function colourOf(probe: HTMLElement, token: string): string {
  probe.style.color = token;
  return getComputedStyle(probe).color;
}

/** An image sees no font of its page: it must carry the one that it is set in. */
function withFont(svg: string, font: string | undefined): string {
  if (font === undefined) return svg;
  const face = `@font-face{font-family:Geist;font-weight:100 900;src:url(${font})}`;
  return svg.replace('</title>', `</title><style>${face}</style>`);
}

/** The page's own Geist as a data address; undefined where it is not found, and the next font of the list is taken. */
async function readPageFont(): Promise<string | undefined> {
  const face = [...document.styleSheets].flatMap(fontFaces).find(isGeistSans);
  const address = face && /url\("?([^")]+)"?\)/.exec(face.style.getPropertyValue('src'))?.[1];
  if (face === undefined || address === undefined) return undefined;
  const base = face.parentStyleSheet?.href ?? document.baseURI;
  const answer = await fetch(new URL(address, base));
  return answer.ok ? toDataAddress(await answer.blob()) : undefined;
}

function fontFaces(sheet: CSSStyleSheet): readonly CSSFontFaceRule[] {
  return [...sheet.cssRules].filter((rule) => rule instanceof CSSFontFaceRule);
}

function isGeistSans({ style }: CSSFontFaceRule): boolean {
  const family = style.getPropertyValue('font-family');
  return /geist/i.test(family) && !/mono|fallback/i.test(family);
}

function toDataAddress(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}
