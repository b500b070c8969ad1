/** Longer names do not fit into a key of PostgreSQL's indexes, which end at 2,704 bytes. */
const MAX_CHARACTERS = 256;

/** A name as PostgreSQL can hold it: text has no NUL, keys have a limit. What was sent stays whole in the payload. */
export function toPgText(text: string): string {
  const short = text.length > MAX_CHARACTERS ? text.slice(0, MAX_CHARACTERS) : text;
  return short.includes('\0') ? short.replaceAll('\0', '\uFFFD') : short;
}
