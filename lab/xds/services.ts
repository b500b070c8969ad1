import {
  type CallOptions,
  type ChannelOptions,
  type Client,
  type ClientDuplexStream,
  credentials,
  type Metadata,
  makeGenericClientConstructor,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import type {
  DeltaDiscoveryRequest,
  DeltaDiscoveryResponse,
  DiscoveryRequest,
  DiscoveryResponse,
} from '#lab/xds/discovery.ts';
import { serviceDefinition } from '#lab/xds/protos.ts';

/** Aggregated Discovery: all resource types on one stream, in both dialects. */
export const ADS: ServiceDefinition = serviceDefinition(
  'envoy.service.discovery.v3.AggregatedDiscoveryService',
);
/** Client Status Discovery (gRFC A40). */
export const CSDS: ServiceDefinition = serviceDefinition(
  'envoy.service.status.v3.ClientStatusDiscoveryService',
);
/** Load Reporting. */
export const LRS: ServiceDefinition = serviceDefinition(
  'envoy.service.load_stats.v3.LoadReportingService',
);

export type SotwStream = ClientDuplexStream<DiscoveryRequest, DiscoveryResponse>;
type DeltaStream = ClientDuplexStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse>;

export interface AdsClient extends Client {
  StreamAggregatedResources(metadata?: Metadata, options?: CallOptions): SotwStream;
  DeltaAggregatedResources(metadata?: Metadata, options?: CallOptions): DeltaStream;
}

const AdsClientConstructor = makeGenericClientConstructor(
  ADS,
  'AggregatedDiscoveryService',
) as unknown as new (
  address: string,
  channelCredentials: ReturnType<typeof credentials.createInsecure>,
  options?: ChannelOptions,
) => AdsClient;

export type LrsStream = ClientDuplexStream<object, object>;

export interface LrsClient extends Client {
  StreamLoadStats(metadata?: Metadata, options?: CallOptions): LrsStream;
}

const LrsClientConstructor = makeGenericClientConstructor(
  LRS,
  'LoadReportingService',
) as unknown as new (
  address: string,
  channelCredentials: ReturnType<typeof credentials.createInsecure>,
) => LrsClient;

/** A channel to a load reporting server, the control plane as a rule. */
export function connectLrs(address: string): LrsClient {
  return new LrsClientConstructor(address, credentials.createInsecure());
}

/** A channel to an ADS server, e.g. `127.0.9.1:18010`. It connects with the first stream. */
export function connectAds(address: string, options?: ChannelOptions): AdsClient {
  return new AdsClientConstructor(address, credentials.createInsecure(), options);
}
