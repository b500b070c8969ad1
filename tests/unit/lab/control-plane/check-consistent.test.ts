import { describe, expect, it } from 'vitest';
import { findInconsistencies } from '#lab/control-plane/check-consistent.ts';
import { renderEnvoy } from '#lab/control-plane/render-envoy.ts';
import { renderProxyless } from '#lab/control-plane/render-proxyless.ts';
import { resourceName } from '#lab/xds/resources.ts';
import { TYPE_URL } from '#lab/xds/type-urls.ts';

const endpoint = { instance: 'song-1', address: '127.0.13.1', port: 15_006, appPort: 8080 };
const services = [
  { name: 'song', protocol: 'http' as const, endpoints: [endpoint] },
  { name: 'login', protocol: 'grpc' as const, endpoints: [] },
];
const options = {
  touch: 0,
  dnsFallback: true,
  panicThresholdPercent: undefined,
  outlierDetection: undefined,
  loadReports: false,
};

describe('findInconsistencies', () => {
  it('finds none in what is rendered, for any kind of client', () => {
    expect(findInconsistencies(renderProxyless(services, options))).toEqual([]);
    const envoy = renderEnvoy(services, 'song-1', { ...options, dnsAddress: undefined });
    expect(findInconsistencies(envoy)).toEqual([]);
  });

  it('names each reference that leads nowhere', () => {
    const resources = renderProxyless(services, options);
    const lost = (typeUrl: string, name: string) =>
      findInconsistencies(
        resources.filter((each) => each['@type'] !== typeUrl || resourceName(each) !== name),
      );
    expect(lost(TYPE_URL.RDS, 'song-route')).toEqual([
      'LDS song refers to RDS song-route, which is missing',
    ]);
    expect(lost(TYPE_URL.CDS, 'login')).toEqual([
      'RDS login-route refers to CDS login, which is missing',
    ]);
    expect(lost(TYPE_URL.CDS, 'song-dns')).toEqual([
      'CDS song refers to CDS song-dns, which is missing',
    ]);
    expect(lost(TYPE_URL.EDS, 'login')).toEqual([
      'CDS login-eds refers to EDS login, which is missing',
    ]);
  });

  it('names a resource that is there twice', () => {
    const [first, ...others] = renderProxyless(services, options);
    const twice = first === undefined ? others : [first, first, ...others];
    expect(findInconsistencies(twice)).toEqual(['LDS song is there twice']);
  });
});
