'use client';

import { useSearchParams } from 'next/navigation';
import { useCallback } from 'react';

/**
 * Search parameters of the page, and a way to change some of them: a value of undefined removes its key.
 * Only the address changes, nothing is loaded; what must be loaded anew is `router.push`ed.
 */
export function useUrlState(): readonly [
  params: URLSearchParams,
  change: (changes: Readonly<Record<string, string | undefined>>) => void,
] {
  const params = useSearchParams();
  const change = useCallback((changes: Readonly<Record<string, string | undefined>>) => {
    const next = new URLSearchParams(window.location.search);
    for (const [key, value] of Object.entries(changes)) {
      if (value === undefined || value === '') next.delete(key);
      else next.set(key, value);
    }
    const query = next.toString();
    window.history.replaceState(null, '', query === '' ? window.location.pathname : `?${query}`);
  }, []);
  return [params, change];
}
