import { ChevronRight, CircleAlert, CircleCheck } from 'lucide-react';
import Link from 'next/link';
import { formatDuration } from '#views/format/format-time.ts';
import { Badge } from '#views/shell/badge.tsx';
import { CopyLink } from '#views/shell/copy-link.tsx';
import { Header } from '#views/shell/header.tsx';
import { Instant } from '#views/shell/instant.tsx';
import { isFailed, type TraceColumns, textAt } from '#views/trace/trace-columns.ts';
import { firstRow } from '#views/trace/trace-sentence.ts';

export function TraceHeader({ columns }: { readonly columns: TraceColumns }) {
  const root = firstRow(columns);
  const failed = isFailed(columns, root);
  const answer = textAt(columns, columns.answer, root);
  return (
    <Header
      title={
        <span className="flex items-center gap-2">
          <Link href="/traces" className="font-normal text-muted text-sm hover:text-fg">
            Traces
          </Link>
          <ChevronRight size={13} className="text-dim" aria-hidden />
          <span className="num font-normal text-muted text-sm" title={columns.traceId}>
            {columns.traceId.slice(0, 8)}
          </span>
          <span className="max-w-[36vw] truncate">
            {textAt(columns, columns.service, root)} {textAt(columns, columns.name, root)}
          </span>
        </span>
      }
      right={<CopyLink />}
    >
      <Badge tone={failed ? 'crit' : 'ok'} round>
        {failed ? <CircleAlert size={13} aria-hidden /> : <CircleCheck size={13} aria-hidden />}
        {answer === '' ? (failed ? 'failed' : 'answered') : answer}
      </Badge>
      <span className="num whitespace-nowrap">{formatDuration(columns.durationNs)}</span>
      <span className="h-4 w-px bg-edge max-[1200px]:hidden" />
      <Instant
        at={columns.startUnixNano}
        format="date-time"
        className="whitespace-nowrap text-muted text-sm max-[1200px]:hidden"
      />
    </Header>
  );
}
