import { ATTR_GRPC_TARGET, ATTR_XDS_CLIENT_ID } from '#telemetry/attributes.ts';
import type { MetricPoint } from '#telemetry/metric-point.ts';

/** Our clients name themselves; a stranger (gRFC A78 has no client id) is its process and its target. */
export function xdsClientId(point: MetricPoint): string {
  const own = point.attributes.get(ATTR_XDS_CLIENT_ID);
  if (typeof own === 'string' && own !== '') return own;
  const target = point.attributes.get(ATTR_GRPC_TARGET);
  const host = point.instance === '' ? point.service : point.instance;
  return typeof target === 'string' && target !== '' ? `${host} ${target}` : host;
}
