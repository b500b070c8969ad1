/** What is looked at. In a URL: "node:login", "edge:gateway->login", "control-plane", "dns". */
export type MapSelection =
  | { readonly kind: 'node'; readonly id: string }
  | { readonly kind: 'edge'; readonly id: string }
  | { readonly kind: 'control-plane' }
  | { readonly kind: 'dns' };

export function toSelectionText(selection: MapSelection): string {
  return 'id' in selection ? `${selection.kind}:${selection.id}` : selection.kind;
}

/** undefined when the text is not a selection. */
export function parseSelection(text: string | null | undefined): MapSelection | undefined {
  if (text === 'control-plane' || text === 'dns') return { kind: text };
  const match = /^(node|edge):(.+)$/s.exec(text ?? '');
  const id = match?.[2];
  if (id === undefined) return undefined;
  return match?.[1] === 'edge' ? { kind: 'edge', id } : { kind: 'node', id };
}
