'use client';

import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from './button.tsx';

const SAID_MS = 1600;

/** Copies `text` and says so. */
export function CopyButton({
  text,
  label = 'Copy',
  name,
  look = 'ghost',
}: {
  readonly text: string;
  readonly label?: string;
  /** What is copied, for screen readers. */
  readonly name: string;
  readonly look?: 'ghost' | 'plain' | 'primary';
}) {
  const [said, setSaid] = useState<'copied' | 'failed' | undefined>(undefined);
  useEffect(() => {
    if (said === undefined) return;
    const timer = setTimeout(() => setSaid(undefined), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () => {
    writeClipboard(text).then(
      () => setSaid('copied'),
      () => setSaid('failed'),
    );
  };
  return (
    <Button look={look} size="small" onClick={copy} aria-label={`${label} ${name}`}>
      {said === 'copied' ? <Check size={13} aria-hidden /> : <Copy size={13} aria-hidden />}
      <span aria-live="polite">{said === undefined ? label : words(said)}</span>
    </Button>
  );
}

function words(said: 'copied' | 'failed'): string {
  return said === 'copied' ? 'Copied' : 'Not allowed';
}

/** `navigator.clipboard` exists only on https and localhost. */
async function writeClipboard(text: string): Promise<void> {
  if (navigator.clipboard === undefined) throw new Error('no clipboard on an insecure origin');
  await navigator.clipboard.writeText(text);
}
