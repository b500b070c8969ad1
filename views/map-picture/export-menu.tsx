'use client';

import { Download } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { TimeWindow } from '#telemetry/time.ts';
import { formatIso } from '#views/format/format-time.ts';
import { Popover } from '#views/shell/popover.tsx';
import { buildPictured, type PictureSource } from './build-pictured.ts';
import { drawPng, drawSvg, saveFile } from './save-picture.ts';

/** The map that is shown, as a file: a picture to paste, or the figures behind it. */
export function ExportMenu({
  source,
  window,
  json,
}: {
  /** Asked for when a picture is wanted, so that nothing is computed before. */
  readonly source: () => PictureSource;
  readonly window: TimeWindow;
  /** The address and the file's name of the figures. */
  readonly json: { readonly href: string; readonly file: string };
}) {
  const [problem, setProblem] = useState<string>();
  const name = `detour-map-${formatIso(window.endUnixNano).slice(0, 19).replaceAll(':', '-')}Z`;
  const save = async (close: () => void, draw: () => Blob | Promise<Blob>, ending: string) => {
    try {
      saveFile(await draw(), `${name}.${ending}`);
      setProblem(undefined);
      close();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const pictured = () => buildPictured(source());
  return (
    <Popover
      name="Export what is shown"
      button={<Download size={15} aria-hidden />}
      buttonClass="grid size-8 shrink-0 place-items-center rounded-lg border border-edge text-muted hover:bg-raise hover:text-fg aria-expanded:bg-raise aria-expanded:text-fg"
      className="w-[236px] p-1"
    >
      {(close) => (
        <>
          <Choice
            title="SVG picture"
            hint="for documents, stays sharp"
            onPick={() => save(close, () => svgBlob(drawSvg(pictured())), 'svg')}
          />
          <Choice
            title="PNG picture"
            hint="for chat, twice the pixels"
            onPick={() => save(close, () => drawPng(pictured()), 'png')}
          />
          <a href={json.href} download={json.file} className={CHOICE} onClick={close}>
            <ChoiceWords title="JSON figures" hint="as the API gives them" />
          </a>
          {problem !== undefined && (
            <p role="alert" className="px-2.5 py-1.5 text-crit-text text-xs">
              {problem}
            </p>
          )}
        </>
      )}
    </Popover>
  );
}

const CHOICE = 'block w-full rounded-md px-2.5 py-1.5 text-left hover:bg-raise';

function Choice({
  title,
  hint,
  onPick,
}: {
  readonly title: string;
  readonly hint: string;
  readonly onPick: () => void;
}) {
  return (
    <button type="button" className={CHOICE} onClick={onPick}>
      <ChoiceWords title={title} hint={hint} />
    </button>
  );
}

function ChoiceWords({ title, hint }: { readonly title: ReactNode; readonly hint: ReactNode }) {
  return (
    <>
      <span className="block text-sm">{title}</span>
      <span className="block text-muted text-xs">{hint}</span>
    </>
  );
}

function svgBlob(svg: string): Blob {
  return new Blob(['<?xml version="1.0" encoding="UTF-8"?>\n', svg], { type: 'image/svg+xml' });
}
