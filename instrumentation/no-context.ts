import { type ContextManager, ROOT_CONTEXT } from '@opentelemetry/api';

/**
 * No context follows asynchronous calls by itself: on Node 20 the hooks that do that run at every promise and timer of the
 * process, and cost more than most of what they follow. Code hands contexts on as arguments.
 */
export const NO_CONTEXT: ContextManager = {
  active: () => ROOT_CONTEXT,
  with: (_context, run, self, ...args) => run.call(self as ThisParameterType<typeof run>, ...args),
  bind: (_context, target) => target,
  enable: () => NO_CONTEXT,
  disable: () => NO_CONTEXT,
};
