import { z } from 'zod';

export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK = /^127(\.\d{1,3}){3}$/;
const RULE = 'must be a loopback address with its port, e.g. 127.0.9.1:18000';

/** `127.0.9.1:18000`: the lab injects faults on request and must not be reachable from outside. */
export const loopbackAddress = z.string().transform((text, context) => {
  const address = toSocketAddress(text);
  if (address !== undefined) return address;
  context.addIssue({ code: 'custom', message: RULE });
  return z.NEVER;
});

/** `http://127.0.9.1:18003`, for the process that serves it. */
export const loopbackUrl = z.url({ protocol: /^http$/ }).transform((text, context) => {
  const address = toSocketAddress(new URL(text).host);
  if (address !== undefined) return address;
  context.addIssue({ code: 'custom', message: RULE });
  return z.NEVER;
});

function toSocketAddress(text: string): SocketAddress | undefined {
  const [host = '', portText = '', rest] = text.split(':');
  const port = Number(portText);
  const isPort = /^\d{1,5}$/.test(portText) && port <= 65_535;
  return rest === undefined && LOOPBACK.test(host) && isPort ? { host, port } : undefined;
}
