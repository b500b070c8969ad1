import { ROOT_CONTEXT } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { DnsResolver, type Lookup } from '#lab/sidecar/dns-resolver.ts';

function resolverWith(answers: readonly Lookup[]) {
  let nowMs = 0;
  let asked = 0;
  const resolver = new DnsResolver(
    async () => answers[Math.min(asked++, answers.length - 1)] as Lookup,
    () => nowMs,
  );
  return {
    resolver,
    asked: () => asked,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

const found: Lookup = { kind: 'addresses', addresses: ['127.0.13.1'], ttlMs: 5000 };

describe('DnsResolver', () => {
  it('keeps an answer for its TTL and no longer', async () => {
    const { resolver, pass } = resolverWith([found]);
    await resolver.resolve('song.lab', ROOT_CONTEXT);
    pass(4999);
    expect(resolver.kept('song.lab')).toMatchObject({ addresses: ['127.0.13.1'] });
    pass(1);
    expect(resolver.kept('song.lab')).toBeUndefined();
  });

  it('asks once for requests that come together', async () => {
    const { resolver, asked } = resolverWith([found]);
    await Promise.all([
      resolver.resolve('song.lab', ROOT_CONTEXT),
      resolver.resolve('song.lab', ROOT_CONTEXT),
    ]);
    expect(asked()).toBe(1);
  });

  it('keeps a failure for a second', async () => {
    const { resolver, pass } = resolverWith([{ kind: 'failed', errorType: 'dns_servfail' }]);
    await resolver.resolve('song.lab', ROOT_CONTEXT);
    expect(resolver.kept('song.lab')).toMatchObject({ errorType: 'dns_servfail' });
    pass(1000);
    expect(resolver.kept('song.lab')).toBeUndefined();
  });
});
