/** A version as people say it: xDS versions are opaque, and a bare number would read as a count. */
export function versionWord(version: string): string {
  return /^\d/.test(version) ? `v${version}` : version;
}
