/** The databases of a store as a setting names them: one, or several with commas between. */
export function splitDatabaseUrls(urls: string): readonly string[] {
  return urls
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');
}
