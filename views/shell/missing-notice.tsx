import { missingWords } from './missing-words.ts';
import { Notice } from './notice.tsx';

/** Above an answer that is not whole. */
export function MissingNotice({ missing }: { readonly missing: readonly string[] | undefined }) {
  const words = missingWords(missing ?? []);
  return words === undefined ? undefined : <Notice>{words}</Notice>;
}
