/** `keys` is one key ("l", "ArrowLeft", "?"), with "shift+" or "mod+" (⌘ or Ctrl) before it, or two in sequence ("g m"). */
export interface KeyBinding {
  readonly keys: string;
  readonly label: string;
  readonly run: () => void;
}

/** The first half of a sequence, waiting for the second. */
export interface WaitingKey {
  readonly key: string;
  readonly atMs: number;
}

const SEQUENCE_MS = 1200;

/** The binding that a key completes: a sequence before a single key, the latest bound before the older. */
export function matchKeys(
  bindings: readonly KeyBinding[],
  waiting: WaitingKey | undefined,
  pressed: WaitingKey,
): KeyBinding | undefined {
  const inTime = waiting !== undefined && pressed.atMs - waiting.atMs < SEQUENCE_MS;
  const sequence = inTime ? `${waiting.key} ${pressed.key}` : undefined;
  return (
    bindings.findLast((binding) => binding.keys === sequence) ??
    bindings.findLast((binding) => binding.keys === pressed.key)
  );
}
