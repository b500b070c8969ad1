import { z } from 'zod';
import { dnsFaultSchema } from '#lab/dns/dns-fault.ts';
import type { DnsServer } from '#lab/dns/dns-server.ts';
import { type AdminAnswer, type AdminHandler, jsonAnswer, refusal } from '#lab/xds/admin-http.ts';

/** GET /state, POST /faults (one more of them), POST /faults/end (one less), DELETE /faults. */
export function dnsHandler(server: DnsServer): AdminHandler {
  const change = (body: unknown, isOn: boolean): AdminAnswer => {
    const fault = dnsFaultSchema.safeParse(body);
    if (!fault.success) return refusal(z.prettifyError(fault.error));
    const others = server.faults.filter((other) => other.kind !== fault.data.kind);
    server.setFaults(isOn ? [...others, fault.data] : others);
    return jsonAnswer({ faults: server.faults });
  };
  const calls: Readonly<Record<string, (body: unknown) => AdminAnswer>> = {
    'GET state': () => jsonAnswer(describe(server)),
    'POST faults': (body) => change(body, true),
    'POST faults/end': (body) => change(body, false),
    'DELETE faults': () => {
      server.setFaults([]);
      return jsonAnswer({ faults: [] });
    },
  };
  return ({ method, segments, body }) => {
    const call = calls[`${method} ${segments.join('/')}`];
    return call === undefined
      ? refusal(`no such call; there are: ${Object.keys(calls).join(', ')}`, 404)
      : call(body);
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
