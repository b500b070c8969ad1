import { once } from 'node:events';
import { openBodySender, type Transport } from './body-sender.ts';
import { type CorpusOptions, freshBody, recordBody } from './corpus.ts';

export interface LoadOrder {
  /** http://host:port, of the transport's receiver. */
  readonly url: string;
  /** HTTP unless it is named. */
  readonly transport?: Transport;
  readonly corpus: CorpusOptions;
  readonly spans: number;
  readonly connections: number;
  /** Over how many seconds of the past the spans are spread. */
  readonly spreadSeconds: number;
  readonly run: number;
}

export interface LoadReport {
  readonly accepted: number;
  readonly refused: number;
  readonly seconds: number;
  readonly ackMs: readonly number[];
  readonly cpuSeconds: number;
}

/** Sends fresh bodies from each connection, the next when the last is answered; a refused one comes again. */
async function load(order: LoadOrder): Promise<LoadReport> {
  const bodies = Array.from({ length: order.corpus.bodies }, (_, i) => recordBody(order.corpus, i));
  const sender = openBodySender(order.transport ?? 'http', order.url, order.connections);
  const total = Math.ceil(order.spans / order.corpus.spansPerBody);
  const now = BigInt(Date.now()) * 1_000_000n;
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const ackMs: number[] = [];
  let next = 0;
  let accepted = 0;
  let refused = 0;
  const connection = async (number: number): Promise<void> => {
    for (let n = next++; n < total; n = next++) {
      const body = bodies[n % bodies.length];
      if (body === undefined) return;
      const back = BigInt(Math.floor(((total - n) / total) * order.spreadSeconds * 1e9));
      const bytes = freshBody(body, order.run * total + n, now - back);
      for (;;) {
        const sent = performance.now();
        if (await sender.send(number, bytes)) {
          ackMs.push(performance.now() - sent);
          accepted += body.spans;
          break;
        }
        refused++;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  await Promise.all(Array.from({ length: order.connections }, (_, number) => connection(number)));
  await sender.close();
  const used = process.cpuUsage(cpu);
  return {
    accepted,
    refused,
    seconds: (performance.now() - begun) / 1000,
    ackMs,
    cpuSeconds: (used.user + used.system) / 1e6,
  };
}

const [order] = (await once(process, 'message')) as [LoadOrder];
process.send?.(await load(order));
