import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Field 1 of ExportTraceServiceRequest, then field 2 of ResourceSpans, then field 2 of ScopeSpans (opentelemetry-proto, trace.proto). */
const PATH = [1, 2, 2];

/** An OTLP/HTTP receiver that counts spans and keeps nothing. */
export async function startSpanSink(host: string) {
  let spans = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/v1/traces') spans += countFields(Buffer.concat(chunks), PATH);
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    spans: () => spans,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** How often the last field of `path` occurs in a protobuf message, looked for through the fields before it. */
function countFields(message: Buffer, path: readonly number[]): number {
  const [field, ...rest] = path;
  let count = 0;
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    if ((tag & 7) !== 2)
      throw new Error(`these messages hold messages and text alone, not tag ${tag}`);
    const length = varint();
    const isWanted = tag >> 3 === field;
    if (isWanted)
      count += rest.length === 0 ? 1 : countFields(message.subarray(at, at + length), rest);
    at += length;
  }
  return count;
}
