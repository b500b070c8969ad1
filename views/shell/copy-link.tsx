'use client';

import { Check, Link2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from './button.tsx';

const SAID_MS = 1600;

/** Copies the address of what is on the screen, as it is at the moment of the click. */
export function CopyLink({ label = 'Copy link' }: { readonly label?: string }) {
  const [said, setSaid] = useState<string>();
  useEffect(() => {
    if (said === undefined) return;
    const timer = setTimeout(() => setSaid(undefined), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = () => {
    // Absent on plain http beyond localhost.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    if (clipboard === undefined) {
      setSaid('Copy it from the address bar');
      return;
    }
    clipboard.writeText(window.location.href).then(
      () => setSaid('Copied'),
      () => setSaid('Copy it from the address bar'),
    );
  };
  return (
    <Button look="primary" onClick={copy}>
      {said === 'Copied' ? <Check size={14} aria-hidden /> : <Link2 size={14} aria-hidden />}
      <span aria-live="polite">{said ?? label}</span>
    </Button>
  );
}
