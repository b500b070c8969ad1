/** What is said over an answer that some databases gave no part of; undefined when none is missing. Names as the store has them. */
export function missingWords(missing: readonly string[]): string | undefined {
  const [first] = missing;
  if (first === undefined) return undefined;
  const names =
    missing.length === 1 ? first : `${missing.slice(0, -1).join(', ')} and ${missing.at(-1)}`;
  const sentence = names.slice(0, 1).toUpperCase() + names.slice(1);
  return missing.length === 1
    ? `${sentence} does not answer: what it holds is missing here.`
    : `${sentence} do not answer: what they hold is missing here.`;
}
