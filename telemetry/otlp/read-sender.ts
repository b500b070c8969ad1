import { attributeText } from '../attribute-text.ts';
import { ATTR_PROXY, ATTR_SERVICE_INSTANCE_ID, ATTR_SERVICE_NAME } from '../attributes.ts';
import type { AttributeValue } from '../span.ts';
import type { AttributeScan } from './attribute-scan.ts';
import { readKeyValue } from './read-attributes.ts';
import type { SenderFacts } from './resolve-hop.ts';
import type { WireReader } from './wire-reader.ts';

export const UNKNOWN_SERVICE = 'unknown_service';

export interface Sender extends SenderFacts {
  readonly service: string;
  readonly instance: string;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  readonly attributeHashes: readonly number[];
}

/** Reads a Resource message that ends at `end`; `from` equal to `end` is a resource that was not sent. */
export function readSender(
  reader: WireReader,
  scan: AttributeScan,
  from: number,
  end: number,
): Sender {
  const attributes = new Map<string, AttributeValue>();
  const firstHash = scan.hashCount;
  reader.at = from;
  while (reader.at < end) {
    const tag = reader.varint();
    if (tag !== 0x0a) {
      reader.skip(tag, end);
      continue;
    }
    const to = reader.lengthEnd(end);
    const start = reader.at;
    scan.keyValue(reader, to);
    reader.at = start;
    readKeyValue(reader, to, attributes);
  }
  const attributeHashes = Array.from(scan.hashes.subarray(firstHash, scan.hashCount));
  scan.hashCount = firstHash;
  const keys = [...attributes.keys()];
  return {
    service: attributeText(attributes.get(ATTR_SERVICE_NAME)) || UNKNOWN_SERVICE,
    instance: attributeText(attributes.get(ATTR_SERVICE_INSTANCE_ID)),
    isProxy: attributes.get(ATTR_PROXY) === 'sidecar',
    isIstio: keys.some((key) => key.startsWith('istio.')),
    isLinkerd: keys.some((key) => key.startsWith('linkerd')),
    attributes,
    attributeHashes,
  };
}
