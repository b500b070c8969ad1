import { z } from 'zod';
import { type LinkFault, linkFaultSchema } from '#lab/relay/link-fault.ts';
import type { RelayedConnection } from '#lab/relay/tcp-relay.ts';
import { type AdminAnswer, type AdminHandler, jsonAnswer, refusal } from '#lab/xds/admin-http.ts';

/** One link between two parties, over whichever transports it has. */
export interface Link {
  readonly name: string;
  readonly connections: () => readonly RelayedConnection[];
  readonly setFaults: (faults: readonly LinkFault[]) => void;
  readonly reset: () => void;
}

const linkSchema = z.looseObject({ link: z.string() });

/** GET /state, POST /faults `{link, kind, …}`, POST /faults/end (the same, one less), DELETE /faults (all links), POST /reset `{link}`. */
export function relayHandler(links: readonly Link[]): AdminHandler {
  const faults = new Map<string, readonly LinkFault[]>(links.map(({ name }) => [name, []]));
  const set = (link: Link, next: readonly LinkFault[]) => {
    faults.set(link.name, next);
    link.setFaults(next);
  };
  const state = () =>
    jsonAnswer({
      links: links.map((link) => ({
        link: link.name,
        faults: faults.get(link.name) ?? [],
        connections: link.connections(),
      })),
    });
  const find = (body: unknown): Link | undefined => {
    const parsed = linkSchema.safeParse(body);
    return links.find(({ name }) => parsed.success && name === parsed.data.link);
  };
  const withLink = (body: unknown, answer: (link: Link) => AdminAnswer): AdminAnswer => {
    const link = find(body);
    return link === undefined
      ? refusal(`name the link, one of: ${links.map(({ name }) => name).join(', ')}`)
      : answer(link);
  };
  const calls: Readonly<Record<string, (body: unknown) => AdminAnswer>> = {
    'GET state': state,
    'POST faults': (body) =>
      withLink(body, (link) =>
        readFault(body, (fault) => {
          const others = (faults.get(link.name) ?? []).filter(({ kind }) => kind !== fault.kind);
          set(link, [...others, fault]);
          return state();
        }),
      ),
    'POST faults/end': (body) =>
      withLink(body, (link) =>
        readFault(body, (fault) => {
          const others = (faults.get(link.name) ?? []).filter(({ kind }) => kind !== fault.kind);
          set(link, others);
          return state();
        }),
      ),
    'DELETE faults': () => {
      for (const link of links) set(link, []);
      return state();
    },
    'POST reset': (body) =>
      withLink(body, (link) => {
        link.reset();
        return state();
      }),
  };
  return ({ method, segments, body }) => {
    const call = calls[`${method} ${segments.join('/')}`];
    return call === undefined
      ? refusal(`no such call; there are: ${Object.keys(calls).join(', ')}`, 404)
      : call(body);
  };
}

function readFault(body: unknown, use: (fault: LinkFault) => AdminAnswer): AdminAnswer {
  const { link: _, ...rest } = linkSchema.parse(body);
  const fault = linkFaultSchema.safeParse(rest);
  return fault.success ? use(fault.data) : refusal(z.prettifyError(fault.error));
}
