import { SearchX } from 'lucide-react';
import { Button, ButtonLink } from '#views/shell/button.tsx';
import { EmptyState } from '#views/shell/empty-state.tsx';
import { type Clause, clauseText } from '#views/traces/trace-clauses.ts';
import type { TracesLink } from '#views/traces/trace-link.ts';

type Go = (next: Partial<TracesLink>) => void;

/** A search that means nothing: what is wrong with it, and nothing about what it might have found. */
export function NotSearched({ problem, onGo }: { readonly problem: string; readonly onGo: Go }) {
  return (
    <EmptyState
      icon={<SearchX size={20} />}
      title="This search cannot be run"
      action={<Button onClick={() => onGo({ clauses: [] })}>Start a new search</Button>}
    >
      <span role="alert" className="text-crit-text">
        {problem}
      </span>
    </EmptyState>
  );
}

/** Nothing in this time: which condition kept it all away. */
export function NothingFound({
  link,
  culprits,
  isEmptyStore,
  onGo,
}: {
  readonly link: TracesLink;
  /** Each of them alone keeps everything away. */
  readonly culprits: readonly Clause[];
  readonly isEmptyStore: boolean;
  readonly onGo: Go;
}) {
  if (isEmptyStore) {
    return (
      <EmptyState
        icon={<SearchX size={20} />}
        title="No trace has arrived yet"
        action={<ButtonLink href="/map">See where to send telemetry</ButtonLink>}
      >
        As soon as spans come in over OTLP they can be searched here.
      </EmptyState>
    );
  }
  const without = (culprit: Clause) => link.clauses.filter((clause) => clause !== culprit);
  return (
    <EmptyState
      icon={<SearchX size={20} />}
      title="No trace matches"
      action={
        culprits.length > 0 ? (
          culprits.map((culprit) => (
            <Button key={clauseText(culprit)} onClick={() => onGo({ clauses: without(culprit) })}>
              Drop <span className="num">{clauseText(culprit)}</span>
            </Button>
          ))
        ) : (
          <Button onClick={() => onGo({ range: { kind: 'last', last: '24h' } })}>
            Look at the last 24 hours
          </Button>
        )
      }
    >
      {culprits.length > 0
        ? `Without ${culprits.map(clauseText).join(' or without ')} there would be results in this time.`
        : link.clauses.length > 0
          ? 'No single condition is to blame: nothing in this time matches any of them alone.'
          : 'No span was received in this time.'}
    </EmptyState>
  );
}
