import { createRequire } from 'node:module';
import path from 'node:path';
import {
  type EnumTypeDefinition,
  loadSync,
  type MessageTypeDefinition,
  type ServiceDefinition,
} from '@grpc/proto-loader';
import type { Any } from '#lab/xds/discovery.ts';
import type { Resource, Typed } from '#lab/xds/resources.ts';

/**
 * The real protos: @grpc/grpc-js-xds ships them in `deps/` (Envoy's API v3 with what it imports, Apache-2.0).
 * Two loads, because one option differs: in the envelopes an Any stays packed, so that one that cannot be read costs its
 * resource and not the stream (gRFC A46); inside a resource it unfolds into an object with `@type`.
 */
const ENVELOPES = ['envoy/service/discovery/v3/ads.proto', 'envoy/service/load_stats/v3/lrs.proto'];
/** A message can only be packed into an Any, or unfolded, when its file is listed here. */
const CONTENTS = [
  'envoy/service/status/v3/csds.proto',
  'envoy/config/listener/v3/listener.proto',
  'envoy/config/route/v3/route.proto',
  'envoy/config/cluster/v3/cluster.proto',
  'envoy/config/endpoint/v3/endpoint.proto',
  'envoy/config/trace/v3/opentelemetry.proto',
  'envoy/extensions/clusters/aggregate/v3/cluster.proto',
  'envoy/extensions/filters/http/router/v3/router.proto',
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
  'envoy/extensions/network/dns_resolver/cares/v3/cares_dns_resolver.proto',
  'envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.proto',
  'envoy/extensions/tracers/opentelemetry/resource_detectors/v3/static_config_resource_detector.proto',
  'envoy/extensions/upstreams/http/v3/http_protocol_options.proto',
];

const DEPS = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@grpc/grpc-js-xds/package.json')),
  'deps',
);
const OPTIONS = {
  keepCase: true,
  longs: String,
  enums: String,
  defaults: false,
  oneofs: false,
  includeDirs: ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map((dir) =>
    path.join(DEPS, dir),
  ),
};

const envelopes = loadSync(ENVELOPES, OPTIONS);
const contents = loadSync(CONTENTS, { ...OPTIONS, json: true });

type Definition =
  | ServiceDefinition
  | MessageTypeDefinition<object, object>
  | EnumTypeDefinition
  | undefined;

/** A service by its full name, e.g. `envoy.service.discovery.v3.AggregatedDiscoveryService`. */
export function serviceDefinition(name: string): ServiceDefinition {
  const definition: Definition = envelopes[name] ?? contents[name];
  if (definition === undefined || 'format' in definition) throw new Error(`no service ${name}`);
  return definition as ServiceDefinition;
}

/** The encoded form of `message`, of the type with this full name. Throws where a value does not fit its field. */
export function encodeMessage(name: string, message: object): Uint8Array {
  return messageDefinition(name).serialize(message);
}

/** Packs a resource; `@type` says as what. */
export function packResource(resource: Resource | Typed): Any {
  const typeUrl = resource['@type'];
  return { type_url: typeUrl, value: encodeMessage(messageName(typeUrl), resource) };
}

/** Unpacks a resource with all that is nested in it. Throws when the bytes are not of the type that the URL names. */
export function unpackResource(any: Any): Resource {
  const message = messageDefinition(messageName(any.type_url)).deserialize(Buffer.from(any.value));
  return { ...message, '@type': any.type_url } as Resource;
}

function messageName(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf('/') + 1);
}

function messageDefinition(name: string): MessageTypeDefinition<object, object> {
  const definition: Definition = contents[name] ?? envelopes[name];
  if (definition === undefined || !('serialize' in definition))
    throw new Error(`no message ${name}`);
  return definition as MessageTypeDefinition<object, object>;
}
