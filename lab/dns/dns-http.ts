import { z } from 'zod';
import { dnsFaultSchema } from '#lab/dns/dns-fault.ts';
import type { DnsServer } from '#lab/dns/dns-server.ts';
import { type AdminHandler, jsonAnswer, refusal } from '#lab/xds/admin-http.ts';

/** GET /state, POST /faults (one more of them), DELETE /faults. */
export function dnsHandler(server: DnsServer): AdminHandler {
  return ({ method, segments, body }) => {
    const path = segments.join('/');
    if (method === 'GET' && path === 'state') return jsonAnswer(describe(server));
    if (path !== 'faults')
      return refusal('there are: GET /state, POST /faults, DELETE /faults', 404);
    if (method === 'DELETE') {
      server.setFaults([]);
      return jsonAnswer({ faults: [] });
    }
    if (method !== 'POST') return refusal('use POST or DELETE', 405);
    const fault = dnsFaultSchema.safeParse(body);
    if (!fault.success) return refusal(z.prettifyError(fault.error));
    const others = server.faults.filter((other) => other.kind !== fault.data.kind);
    server.setFaults([...others, fault.data]);
    return jsonAnswer({ faults: server.faults });
  };
}

function describe(server: DnsServer): object {
  const { zone, faults } = server;
  return {
    origin: zone?.origin ?? null,
    serial: zone?.serial ?? null,
    addresses: Object.fromEntries(zone?.addresses ?? []),
    targets: Object.fromEntries(zone?.targets ?? []),
    faults,
  };
}
