import path from 'node:path';
import { type AnyDefinition, loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import type { OtlpSignal } from '#ingest/otlp-signal.ts';

/** A message as protobufjs gives it: lower camel case, 64-bit integers as decimal strings, bytes as Buffer. */
export type Message = Record<string, unknown>;

const definitions = loadSync(path.join(import.meta.dirname, 'otlp.proto'), {
  longs: String,
  bytes: Buffer as unknown as BufferConstructor,
  oneofs: false,
});

function exportOf(service: string) {
  const method = (definitions[`otlp.${service}`] as AnyDefinition as ServiceDefinition)['Export'];
  if (method === undefined) throw new Error(`no service ${service}`);
  return method;
}

const EXPORTS = {
  traces: exportOf('TraceService'),
  metrics: exportOf('MetricsService'),
  logs: exportOf('LogsService'),
} as const;
const STATUS = (definitions['otlp.StatusService'] as AnyDefinition as ServiceDefinition)['Get'];

export function encodeRequest(signal: OtlpSignal, request: object): Buffer {
  return EXPORTS[signal].requestSerialize(request);
}

export function decodeRequest(signal: OtlpSignal, bytes: Uint8Array): Message {
  return EXPORTS[signal].requestDeserialize(Buffer.from(bytes)) as Message;
}

export function decodeResponse(signal: OtlpSignal, bytes: Uint8Array): Message {
  return EXPORTS[signal].responseDeserialize(Buffer.from(bytes)) as Message;
}

export interface RpcStatus {
  readonly code?: number;
  readonly message?: string;
  readonly details?: ReadonlyArray<{ readonly type_url?: string; readonly typeUrl?: string }>;
}

/** google.rpc.Status */
export function decodeStatus(bytes: Uint8Array): RpcStatus {
  if (STATUS === undefined) throw new Error('no google.rpc.Status');
  return STATUS.requestDeserialize(Buffer.from(bytes)) as RpcStatus;
}
