import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status as Status,
} from '@grpc/grpc-js';
import type { ByteBudget, ByteShare } from './byte-budget.ts';
import { OverloadedError, type Refusal, toRefusal } from './export-refusal.ts';
import type { IngestCounters } from './ingest-counters.ts';
import { STATUS_DETAILS, toGrpcStatus } from './otlp-grpc-status.ts';
import { OTLP_SIGNALS, type OtlpSignal, SIGNAL_NAMES } from './otlp-signal.ts';

export interface GuardOptions {
  readonly budget: ByteBudget;
  readonly counters: IngestCounters;
  readonly requestTimeoutMs: number;
}

type CallStatus = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

/**
 * Held for a call until its message is whole, because grpc-js shows nothing of it before. HTTP/2 lets a client send as
 * much before anybody reads (RFC 9113 §6.9.2).
 */
const BYTES_BEFORE_MESSAGE = 65_535;
const SIGNAL_BY_METHOD: ReadonlyMap<string, OtlpSignal> = new Map(
  OTLP_SIGNALS.map((signal) => [SIGNAL_NAMES[signal].method, signal]),
);

/**
 * Limits around each call: room in the byte budget, time for the message. It also sees every status, those that grpc-js
 * makes by itself among them, so that no call ends as UNKNOWN or INTERNAL and each refusal is counted.
 */
export function guardCalls(options: GuardOptions): ServerInterceptor {
  return (method, call) => {
    const guard = new CallGuard(SIGNAL_BY_METHOD.get(method.path), options);
    // grpc-js sends its own statuses on the call itself, past every interceptor.
    const send = call.sendStatus.bind(call);
    call.sendStatus = (status) => send(guard.end(status));
    return new ServerInterceptingCall(call, {
      start: (next) => {
        const refusal = guard.begin(() => call.sendStatus(toGrpcStatus(TOO_SLOW)));
        if (refusal !== undefined) {
          call.sendStatus(toGrpcStatus(refusal));
          return;
        }
        next({
          onReceiveMessage: (message, pass) => {
            guard.receive();
            pass(message);
          },
          onCancel: () => guard.cancel(),
        });
      },
    });
  };
}

const TOO_SLOW: Refusal = { reason: 'too-slow', message: 'the message did not come in time' };

class CallGuard {
  readonly #signal: OtlpSignal | undefined;
  readonly #options: GuardOptions;
  readonly #share: ByteShare;
  #timer: NodeJS.Timeout | undefined;
  /** Past this, whoever handles the message counts what becomes of it. */
  #isSettled = false;

  constructor(signal: OtlpSignal | undefined, options: GuardOptions) {
    this.#signal = signal;
    this.#options = options;
    this.#share = options.budget.open();
  }

  /** The refusal of a call that may not begin. */
  begin(onTooSlow: () => void): Refusal | undefined {
    try {
      this.#share.add(BYTES_BEFORE_MESSAGE);
    } catch {
      const refusal = toRefusal(new OverloadedError());
      this.#count(refusal);
      return refusal;
    }
    this.#timer = setTimeout(() => {
      this.#count(TOO_SLOW);
      onTooSlow();
    }, this.#options.requestTimeoutMs);
    return undefined;
  }

  receive(): void {
    this.#isSettled = true;
    this.#free();
  }

  cancel(): void {
    this.#count({ reason: 'cancelled', message: 'the client cancelled its call' });
    this.#free();
  }

  /** The status as it may leave. */
  end(status: CallStatus): CallStatus {
    this.#free();
    const isOurs = status.code === Status.OK || status.metadata?.get(STATUS_DETAILS).length;
    if (isOurs) return status;
    const refusal = toGrpcJsRefusal(status);
    this.#count(refusal);
    const isVague = status.code === Status.INTERNAL || status.code === Status.UNKNOWN;
    return isVague ? toGrpcStatus(refusal) : status;
  }

  #count(refusal: Refusal): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const facts = { signal: this.#signal, transport: 'grpc', bytes: 0 } as const;
    this.#options.counters.countRefused(facts, refusal);
  }

  #free(): void {
    clearTimeout(this.#timer);
    this.#share.release();
  }
}

/** What grpc-js meant: its INTERNAL is a message that it cannot decompress or a broken grpc-timeout. */
function toGrpcJsRefusal(status: CallStatus): Refusal {
  const message = status.details ?? '';
  if (status.code === Status.RESOURCE_EXHAUSTED) return { reason: 'too-large', message };
  if (status.code === Status.DEADLINE_EXCEEDED) return { reason: 'cancelled', message };
  // A call that ends before its message; grpc-js says the same of a compression that it does not know.
  const isWithoutMessage = status.code === Status.UNIMPLEMENTED && !message.includes('encoding');
  if (isWithoutMessage)
    return { reason: 'cancelled', message: 'the call ended before its message' };
  return { reason: 'malformed', message };
}
