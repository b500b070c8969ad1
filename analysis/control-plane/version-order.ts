/** True only where both versions end in a number: an opaque version has no order (xds_protocol.rst). */
export function isOlderVersion(version: string, other: string): boolean {
  const a = /^(\D*)(\d+)$/.exec(version);
  const b = /^(\D*)(\d+)$/.exec(other);
  return a !== null && b !== null && a[1] === b[1] && Number(a[2]) < Number(b[2]);
}
